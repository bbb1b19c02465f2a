// What a view has to stop when the reader leaves it, such as a timer.

import { ApiError } from './api.js';

const actions = [];

export const onLeave = (action) => actions.push(action);

export function leaveView() {
  for (const action of actions.splice(0)) action();
}

/**
 * Repeats an action until the reader leaves the view, the action returns false, or a request is refused. A request that fails in
 * another way, for example without a connection, does not end it. `delay` returns the milliseconds from the end of a run to the
 * next one, at least.
 */
export function repeat(delay, action) {
  let timer = null;
  let isOver = false;
  const next = async () => {
    if (isOver) return;
    let retryAfter = 0;
    const goesOn = await action().catch((error) => {
      if (!(error instanceof ApiError)) throw error;
      retryAfter = error.retryAfter ?? 0;
      return error.status < 400 || error.status === 429 || error.status >= 500;
    });
    if (goesOn !== false && !isOver) timer = setTimeout(next, Math.max(delay(), 1000 * retryAfter));
  };
  timer = setTimeout(next, delay());
  onLeave(() => {
    isOver = true;
    clearTimeout(timer);
  });
}

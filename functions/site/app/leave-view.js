// What a view has to stop when the reader leaves it, such as a timer.

const actions = [];

export const onLeave = (action) => actions.push(action);

export function leaveView() {
  for (const action of actions.splice(0)) action();
}

/**
 * Repeats an action until the reader leaves the view, or the action returns false. `delay` returns the milliseconds from the end of
 * a run to the next one.
 */
export function repeat(delay, action) {
  let timer = null;
  let isOver = false;
  const next = async () => {
    if (!isOver && (await action()) !== false && !isOver) timer = setTimeout(next, delay());
  };
  timer = setTimeout(next, delay());
  onLeave(() => {
    isOver = true;
    clearTimeout(timer);
  });
}

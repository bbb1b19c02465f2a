// What a view has to stop when the reader leaves it, such as a timer.

const actions = [];

export const onLeave = (action) => actions.push(action);

export function leaveView() {
  for (const action of actions.splice(0)) action();
}

/** Repeats an action until the reader leaves the view, or the action returns false. The next run begins after the last one. */
export function repeat(milliseconds, action) {
  let timer = null;
  let isOver = false;
  const next = async () => {
    if (!isOver && (await action()) !== false && !isOver) timer = setTimeout(next, milliseconds);
  };
  timer = setTimeout(next, milliseconds);
  onLeave(() => {
    isOver = true;
    clearTimeout(timer);
  });
}

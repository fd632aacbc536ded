/** Something one part of a test waits for and another one brings about. */
export interface Signal {
  reached: Promise<void>;
  reach(): void;
}

export function createSignal(): Signal {
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach };
}

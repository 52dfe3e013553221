import { Drawer, type DrawerProps, Modal, type ModalProps } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTopmost } from "./stack";

/** Return *opened*, closed at first: what opens remembers where the focus was, and gives it back. */
function useAfterwards(opened: boolean): boolean {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => setDrawn(true), []);
  return opened && drawn;
}

/** Give back the focus that was left when it *opened*, where it goes together with what it lay over. */
function useGivesBack(opened: boolean): void {
  const left = useRef<Element | null>(null);
  useEffect(() => {
    if (opened) left.current = document.activeElement;
  }, [opened]);
  useEffect(
    () => () => {
      const to = left.current;
      setTimeout(() => {
        const lost = document.activeElement === document.body;
        if (lost && to instanceof HTMLElement && to.isConnected) to.focus({ preventScroll: true });
      });
    },
    [],
  );
}

export function OpenedDialog(props: ModalProps) {
  const opened = useAfterwards(props.opened);
  useGivesBack(opened);
  return <Modal {...props} opened={opened} closeOnEscape={useTopmost(opened)} />;
}

export function OpenedSide(props: DrawerProps) {
  const opened = useAfterwards(props.opened);
  useGivesBack(opened);
  return <Drawer {...props} opened={opened} closeOnEscape={useTopmost(opened)} />;
}

/** What can be done with a table as a whole: columns, copy, CSV, saved views. */
import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { IconBookmark, IconCopy, IconDots, IconDownload, IconTrash } from "@tabler/icons-react";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useUi } from "../texts/texts";
import { useFormat } from "../view/format";
import type { Column } from "./order";
import { save, saved } from "./saved";
import classes from "./table.module.css";
import { csv, tabbed } from "./written";

export function Tools<Row>({
  label,
  shown,
  columns,
  hidden,
  onHide,
}: {
  label: string;
  /** What is written: the rows that are loaded and shown. */
  shown: readonly Row[];
  columns: readonly Column<Row>[];
  hidden: ReadonlySet<string>;
  onHide: (ids: readonly string[]) => void;
}) {
  const u = useUi();
  const f = useFormat();
  const seen = columns.filter((column) => !hidden.has(column.id));
  const flip = (id: string) =>
    onHide(hidden.has(id) ? [...hidden].filter((one) => one !== id) : [...hidden, id]);
  return (
    <Menu position="bottom-end" closeOnItemClick={false} withinPortal width={240}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          ml="auto"
          aria-label={`${label}: ${u("table.more")}`}
        >
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown className={classes.tools}>
        <Menu.Item
          leftSection={<IconDownload size={15} />}
          onClick={() => downloaded(`${label}.csv`, csv(shown, seen))}
        >
          {u("table.csv", { rows: f.number(shown.length) })}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconCopy size={15} />}
          closeMenuOnClick
          onClick={() => void navigator.clipboard?.writeText(tabbed(shown, seen))}
        >
          {u("table.copy", { rows: f.number(shown.length) })}
        </Menu.Item>
        <Views />
        <Menu.Label>{u("table.columns")}</Menu.Label>
        {columns.map((column, index) => (
          <Menu.CheckboxItem
            key={column.id}
            checked={!hidden.has(column.id)}
            disabled={index === 0}
            onChange={() => flip(column.id)}
          >
            {column.head}
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Views() {
  const u = useUi();
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const [views, setViews] = useState(() => saved(pathname));
  const [name, setName] = useState("");
  return (
    <>
      <Menu.Label>{u("table.views")}</Menu.Label>
      {views.map((view) => (
        <div key={view.name} className={classes.view}>
          <Menu.Item
            leftSection={<IconBookmark size={15} />}
            closeMenuOnClick
            onClick={() => void navigate({ to: ".", search: view.search as never })}
          >
            {view.name}
          </Menu.Item>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={u("table.views.forget", { name: view.name })}
            onClick={() => setViews(save(pathname, view.name, null))}
          >
            <IconTrash size={14} />
          </ActionIcon>
        </div>
      ))}
      <form
        className={classes.view}
        onSubmit={(event) => {
          event.preventDefault();
          if (!name.trim()) return;
          setViews(save(pathname, name.trim(), search as Record<string, unknown>));
          setName("");
        }}
      >
        <TextInput
          size="xs"
          aria-label={u("table.views.name")}
          placeholder={u("table.views.name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          onKeyDown={(press) => press.key !== "Escape" && press.stopPropagation()}
        />
        <Button type="submit" variant="default" disabled={!name.trim()}>
          {u("table.views.save")}
        </Button>
      </form>
    </>
  );
}

function downloaded(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name.replaceAll(/[\\/:*?"<>|]/g, "-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

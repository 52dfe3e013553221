/** What a service refused: code, cause, next step, and the id under which its log has it. */
import { Button, CopyButton } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useUi } from "../texts/texts";
import classes from "./layout.module.css";

export interface Told {
  readonly code: string;
  readonly message: string;
  readonly next: readonly string[];
  readonly request: string;
}

/** Return what *error* tells: problem+json, as the services send it; null: nobody answered. */
export function told(error: unknown): Told | null {
  const body = error as {
    request_id?: string;
    detail?: string;
    title?: string;
    error?: { code?: string; message?: string; details?: unknown[] };
  } | null;
  if (!body || typeof body !== "object" || !(body.error || body.detail)) return null;
  const details = body.error?.details ?? [];
  const lines = details.flatMap((detail) => {
    const row = detail as {
      message?: string;
      remedy?: string;
      fix?: string;
      loc?: unknown[];
      field?: string;
    };
    if (typeof detail === "string") return [detail];
    const where = row.field ?? (Array.isArray(row.loc) ? row.loc.join(".") : "");
    const said = row.remedy ?? row.fix ?? row.message;
    return said ? [where ? `${where}: ${said}` : said] : [];
  });
  // Of many that call for the same, one line says it.
  const next = [...new Set(lines)];
  return {
    code: body.error?.code ?? body.title ?? "ERROR",
    message: without(body.error?.message ?? body.detail ?? "", next),
    next,
    request: body.request_id ?? "",
  };
}

/** Tell whether *error* is a service's last word (404), and no mishap on the way. */
export function refused(error: unknown): boolean {
  const said = statusOf(error);
  return said >= 400 && said < 500;
}

/** Tell whether what was asked for is not there (any more): what is known of it from before holds no longer. */
export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** Return the HTTP status that a service or the Kubernetes API answered; 0: neither did. */
function statusOf(error: unknown): number {
  const { status, code } = (error ?? {}) as { status?: unknown; code?: unknown };
  const said = typeof status === "number" ? status : code;
  return typeof said === "number" ? said : 0;
}

/** Return a message without the lines that follow it anyway: "It cannot be read: a: wrong". */
function without(message: string, lines: readonly string[]): string {
  const at = lines[0] ? message.indexOf(`: ${lines[0]}`) : -1;
  return at > 0 && lines.every((line) => message.includes(line)) ? message.slice(0, at) : message;
}

export function ProblemView({
  error,
  onRetry,
  busy = false,
  sent = false,
}: {
  error: unknown;
  onRetry?: () => void;
  /** It is being tried again. */
  busy?: boolean;
  /** Something was to be changed: it is not sent again by itself. */
  sent?: boolean;
}) {
  const u = useUi();
  const found = told(error);
  return (
    <div className={classes.problem} role="alert">
      <strong>
        <IconAlertCircle size={16} aria-hidden />
        {found?.message ?? u("problem.unreachable")}
      </strong>
      {(found
        ? found.next
        : [u(sent ? "problem.unreachable.sent" : "problem.unreachable.next")]
      ).map((line) => (
        <p key={line}>→ {line}</p>
      ))}
      <footer>
        {found && <code className="dim">{found.code}</code>}
        {onRetry && (
          <Button variant="default" loading={busy} onClick={onRetry}>
            {u("problem.retry")}
          </Button>
        )}
        {found?.request && (
          <CopyButton value={found.request}>
            {({ copied, copy }) => (
              <Button variant="subtle" color="gray" onClick={copy}>
                {copied ? u("copied") : u("problem.copy")}
              </Button>
            )}
          </CopyButton>
        )}
      </footer>
    </div>
  );
}

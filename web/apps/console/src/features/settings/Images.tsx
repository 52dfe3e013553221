/** Images: registries, whose secrets are never shown, and versions of services. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { useState } from "react";
import { atOrchestrator, headersOf, hooks, useGiven } from "../../ask";
import { BLANK, INPUTS, type Registry, RegistryForm } from "./RegistryForm";
import classes from "./settings.module.css";
import { useT } from "./words";

export function Images() {
  return (
    <>
      <Registries />
      <Versions />
    </>
  );
}

function Registries() {
  const t = useT();
  const given = useGiven();
  const demo = given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
  const [held, setHeld] = useState(BLANK);
  const asked = hooks.useQuery("get", "/api/v1/images/registries", given);
  return (
    <AskedPanel title={t("registries")} ask={asked}>
      {(data) => {
        const rows = (data.registries ?? []) as unknown as readonly Registry[];
        return (
          <>
            <p className={classes.say}>{t("registries.say")}</p>
            {rows.length === 0 ? (
              <Empty say={t("registries.none")} />
            ) : (
              <div className={classes.scroll}>
                <table className={classes.table}>
                  <thead>
                    <tr>
                      {INPUTS.map(([name, key]) => (
                        <th key={name}>{t(key)}</th>
                      ))}
                      <th>{t("registry.password")}</th>
                      <th />
                    </tr>
                  </thead>
                  <tbody>
                    {rows.map((row) => (
                      <tr key={row.name}>
                        {INPUTS.map(([name]) => (
                          <td key={name}>{row[name] || "–"}</td>
                        ))}
                        <td>{secret(row, t)}</td>
                        <td className={classes.acts}>
                          <Button
                            variant="default"
                            data-do="edit-registry"
                            onClick={() => setHeld({ ...BLANK, ...row, password: "" })}
                          >
                            {t("registry.edit")}
                          </Button>
                          <Mutation
                            label={t("registry.delete")}
                            name="delete-registry"
                            danger
                            confirm={row.name}
                            cli={`ecp images remove-registry ${quoted(row.name)}${demo}`}
                            curl={curl(
                              "DELETE",
                              `/api/v1/images/registries/${encodeURIComponent(row.name)}`,
                              undefined,
                              headersOf(given),
                            )}
                            run={async () => {
                              const { error } = await atOrchestrator.DELETE(
                                "/api/v1/images/registries/{name}",
                                { params: { path: { name: row.name } } },
                              );
                              if (error) throw error;
                              await asked.refetch();
                            }}
                          />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
            <RegistryForm
              rows={rows}
              held={held}
              onHeld={setHeld}
              onDone={() => {
                setHeld(BLANK);
                void asked.refetch();
              }}
            />
          </>
        );
      }}
    </AskedPanel>
  );
}

/** What is shown of a secret: a variable's name is none. */
function secret({ password }: Registry, t: ReturnType<typeof useT>) {
  if (!password) return "–";
  return password.startsWith("env:") ? <code>{password}</code> : t("registry.password.set");
}

function Versions() {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const demo = given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
  const asked = hooks.useQuery("get", "/api/v1/images", {
    ...given,
    params: { query: { limit: 200 } },
  });
  return (
    <AskedPanel title={t("versions")} ask={asked}>
      {({ images = [] }) => (
        <>
          <p className={classes.say}>{t("versions.say")}</p>
          {images.length === 0 ? (
            <Empty
              say={t("versions.none")}
              sample="ecp images add callbot 1.4.2 harbor.ecp-ai.com/ecp-ai/callbot:1.4.2 --fact start=12s"
            />
          ) : (
            <div className={classes.scroll}>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th>{t("version.service")}</th>
                    <th>{t("version.version")}</th>
                    <th>{t("version.image")}</th>
                    <th>{t("version.facts")}</th>
                    <th>{t("version.since")}</th>
                    <th />
                  </tr>
                </thead>
                <tbody>
                  {images.map((one) => (
                    <tr key={`${one.service} ${one.version}`}>
                      <td>{one.service}</td>
                      <td>{one.version}</td>
                      <td>
                        <code>{one.image}</code>
                      </td>
                      <td>
                        {Object.entries(one.facts ?? {})
                          .filter(([, fact]) => (fact as { source?: string }).source === "given")
                          .map(([name, fact]) => `${name} ${(fact as { value?: string }).value}`)
                          .join(", ") || "–"}
                      </td>
                      <td className="dim">{f.instant(one.created_at)}</td>
                      <td>
                        <Mutation
                          label={t("version.delete")}
                          name="delete-version"
                          danger
                          confirm={String(one.version)}
                          cli={`ecp images remove ${one.service} ${one.version}${demo}`}
                          curl={curl(
                            "DELETE",
                            `/api/v1/images/${one.service}/versions/${one.version}`,
                            undefined,
                            headersOf(given),
                          )}
                          run={async () => {
                            const { error } = await atOrchestrator.DELETE(
                              "/api/v1/images/{service}/versions/{version}",
                              {
                                params: {
                                  path: {
                                    service: String(one.service),
                                    version: String(one.version),
                                  },
                                },
                              },
                            );
                            if (error) throw error;
                            await asked.refetch();
                          }}
                        />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </AskedPanel>
  );
}

/** The same request as a program would make it; the key comes from the environment, never from here. */

const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const json = (value) => JSON.stringify(value);
const python = (value) => (typeof value === "string" ? json(value) : String(value));
const file = (name) => `@"${name.replace(/["\\]/g, "\\$&")}"`;

/** The parameters that OpenAI's package knows by name. */
const known = ["model", "prompt", "size"];

function members(parameters) {
  const lines = Object.entries(parameters).map(([name, value]) => `  ${json(name)}: ${json(value)}`);
  return `{\n${lines.join(",\n")}\n}`;
}

function curl({ url, parameters, files, hasKeys }) {
  const lines = [`curl -sS --max-time 600 ${url}`];
  if (hasKeys) lines.push(`-H "Authorization: Bearer $IRIS_KEY"`);
  if (files.length) {
    for (const [name, value] of Object.entries(parameters)) lines.push(`--form-string ${shell(`${name}=${value}`)}`);
    for (const name of files) lines.push(`-F ${shell(`image[]=${file(name)}`)}`);
  } else {
    lines.push(`-H "Content-Type: application/json"`, `-d ${shell(members(parameters))}`);
  }
  return `${lines.join(" \\\n  ")} |\n  jq -r '.data[0].b64_json' | base64 -d > picture.png\n`;
}

function pythonCode({ base, parameters, files, hasKeys }) {
  const named = known.filter((name) => name in parameters).map((name) => `    ${name}=${python(parameters[name])},`);
  const extra = Object.entries(parameters).filter(([name]) => !known.includes(name));
  const body = extra.map(([name, value]) => `${json(name)}: ${python(value)}`).join(", ");
  const images = files.map((name) => `open(${json(name)}, "rb")`).join(", ");
  const key = hasKeys ? `os.environ["IRIS_KEY"]` : `"none"`;
  return [
    "import base64",
    "import os",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${json(`${base}/v1`)}, api_key=${key}, timeout=600)`,
    `answer = client.images.${files.length ? "edit" : "generate"}(`,
    ...named,
    ...(files.length ? [`    image=[${images}],`] : []),
    ...(body ? [`    extra_body={${body}},`] : []),
    ")",
    `with open("picture.png", "wb") as file:`,
    "    file.write(base64.b64decode(answer.data[0].b64_json))",
    "",
  ].join("\n");
}

function javascript({ url, parameters, files, hasKeys }) {
  const key = hasKeys ? "authorization: `Bearer ${process.env.IRIS_KEY}`" : "";
  const form = [
    "const body = new FormData();",
    ...Object.entries(parameters).map(([name, value]) => `body.append(${json(name)}, ${json(value)});`),
    ...files.map((name) => `body.append("image[]", new Blob([await readFile(${json(name)})]), ${json(name)});`),
  ];
  const type = files.length ? "" : `"content-type": "application/json"`;
  return [
    `import { ${files.length ? "readFile, " : ""}writeFile } from "node:fs/promises";`,
    "",
    ...(files.length ? form : [`const body = JSON.stringify(${members(parameters)});`]),
    `const response = await fetch(${json(url)}, {`,
    `  method: "POST",`,
    `  headers: { ${[key, type].filter(Boolean).join(", ")} },`,
    "  body,",
    "});",
    "const answer = await response.json();",
    "if (!response.ok) throw new Error(answer.error.message);",
    `await writeFile("picture.png", Buffer.from(answer.data[0].b64_json, "base64"));`,
    "",
  ].join("\n");
}

const writers = { curl, python: pythonCode, javascript };

/** Returns a request as code in one of the languages. */
export function snippet(language, request) {
  const url = request.base + request.path;
  return writers[language]({ ...request, url });
}

import { createTaskQueue } from "../../src/store/taskQueue.ts";
import { tempStore } from "../unit/store/tempStore.ts";
import { queueSuite } from "./queueSuite.ts";

queueSuite({ name: "SQLite", open: tempStore, queueOf: createTaskQueue });

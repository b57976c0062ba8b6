"""Make a small pipeline job of the forms that a workspace takes: two steps, the second of which takes the first's output."""

from penstock.runtime.azure.code import upload_code
from penstock.runtime.azure.components import register_component
from penstock.runtime.azure.environments import register_environment
from penstock.runtime.azure.jobs import SUBMISSION

WRITE = """
import pathlib, sys
text, times, out = sys.argv[1:4]
print("writing", text)
pathlib.Path(out, "text.txt").write_text(text * int(times))
"""

READ = """
import pathlib, sys, time
source, out, mode = sys.argv[1:4]
print("reading", flush=True)
if mode == "fail":
    raise ValueError("no such luck")
if mode == "hang":
    time.sleep(600)
pathlib.Path(out, "length.txt").write_text(str(len(pathlib.Path(source, "text.txt").read_text())))
"""


def components(connection, mode="count", deterministic=True):
    """Register the two steps, and return the ids of their components."""
    code = upload_code(connection, "fingerprint-of-both", {"write.py": WRITE.encode(), "read.py": READ.encode()})
    environment = register_environment(connection, "mcr.microsoft.com/some:image", "dependencies:\n- python=3.11\n")
    common = {"type": "command", "code": f"azureml:{code.id}", "environment": f"azureml:{environment}"}
    write = {"command": "python write.py ${{inputs.text}} ${{inputs.times}} ${{outputs.out}}", "display_name": "write",
             "inputs": {"text": {"type": "string"}, "times": {"type": "integer", "default": "2", "optional": True}},
             "outputs": {"out": {"type": "uri_folder"}}, "is_deterministic": deterministic}  # fmt: skip
    read = {"command": f"python read.py ${{{{inputs.data}}}} ${{{{outputs.out}}}} {mode}", "display_name": "read",
            "inputs": {"data": {"type": "uri_folder"}}, "outputs": {"out": {"type": "uri_folder"}}, "is_deterministic": True}  # fmt: skip
    return register_component(connection, {**common, **write}), register_component(connection, {**common, **read})


def nodes(write, read, **settings):
    """Return the two nodes."""
    given = {"text": {"job_input_type": "literal", "value": "${{parent.inputs.text}}"}}
    data = {"data": {"job_input_type": "literal", "value": "${{parent.jobs.write.outputs.out}}"}}
    return {
        "write": {"name": "write", "type": "command", "componentId": write, "inputs": given,
                  "outputs": {"out": {"job_output_type": "uri_folder"}}},
        "read": {"name": "read", "type": "command", "componentId": read, "inputs": data,
                 "outputs": {"out": {"type": "literal", "value": "${{parent.outputs.result}}"}}, **settings},
    }  # fmt: skip


def body(jobs, submission="one", **settings):
    """Return the body of the job."""
    uri = "azureml://datastores/workspaceblobstore/paths/results/${{name}}/"
    return {"properties": {
        "jobType": "Pipeline", "displayName": "two steps", "experimentName": "tests", "properties": {SUBMISSION: submission},
        "tags": {"kind": "test"}, "settings": {"default_compute": "serverless", **settings}, "jobs": jobs,
        "inputs": {"text": {"jobInputType": "literal", "value": "word"}},
        "outputs": {"result": {"jobOutputType": "uri_folder", "uri": uri, "mode": "ReadWriteMount"}},
    }}  # fmt: skip

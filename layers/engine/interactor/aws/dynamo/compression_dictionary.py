"""The text that stored documents have in common: the preset dictionary with which they are deflated (RFC 1950, FDICT).

Most documents have one or two kilobytes, most of which are names of members, and DynamoDB bills each started kilobyte.
A stored document can only be read with the dictionary it was written with, so this one never changes. A better one
would be a second dictionary, with its own marker in ``items``.
"""

from typing import Final

# References to later phrases are shorter, so the phrases that every document has come last.
_ERRORS = (
    '{"error_code":"script_error","error_code":"script_timeout","error_code":"http_error","error_code":"http_timeout",'
    '"code":"invalid_transition","message":"failed_state":"subtype":"step_failed","type":"error","outcome":"failed",'
    '"failure":{"code":"cancel_reason":"expired","cancelled_at":"outcome":"cancelled","subtype":"cancelled"'
)
_SHOWN = (
    '"reason":null,"fields":[{"name":"type":"string","label":"required":false,"multiline":true,"maxLength":"min":"max":'
    '"type":"number","type":"date","type":"choice","options":[{"value":"label":"type":"message","message":"description":'
    '"title":"halting_presentation":{"type":"form","title":"fields":[{"name":"type":"boolean","label":"required":true,'
    '"default":false},{"name":"type":"string","label":"multiline":true}]}'
    ',"halted_options":{"instruction":"title":"include_data":[],"transition_mode":"condition","choices":[],'
    '"generated":false,"transition_mode":"selection","timeout_at":null'
)
_ANSWERS = (
    '{"schema":1,"request":"status":200,"body":"{\\"data\\":{\\"id\\":\\"inst_\\"workflow_name\\":\\"version_id\\":\\"v_'
    '\\"namespace\\":\\"status\\":\\"halted\\",\\"status\\":\\"completed\\",\\"current_state\\":\\"workflow_data\\":{'
    '\\"created_at\\":\\"2026-\\"updated_at\\":\\"2026-\\"completed_at\\":\\"paused\\":false,\\"error\\":null,'
    '\\"threads\\":[{\\"id\\":\\"thread_main\\",\\"outcome\\":\\"history\\":[{\\"state\\":\\"entered_at\\":\\"exited_at\\":'
    '\\"trigger\\":\\"automatic\\",\\"duration_ms\\":\\"logs\\":[],\\"input_received\\":\\"resumed_at\\":\\"resumed_by\\":'
    '\\"history_truncated\\":false,\\"halted_at_state\\":\\"halting_presentation\\":{\\"type\\":\\"form\\",\\"title\\":\\"'
    '\\"fields\\":[{\\"name\\":\\"label\\":\\"required\\":true,\\"default\\":false},\\"type\\":\\"boolean\\",\\"string\\"'
    '\\"halted_options\\":{\\"instruction\\":\\"include_data\\":[],\\"transition_mode\\":\\"condition\\",\\"choices\\":[],'
    '\\"generated\\":false}","instance_id":"inst_01m'
)
_LOGGED = (
    '{"schema":1,"instance_id":"inst_01m","workflow_name":"event":"workflow.instance.halted","sequence":'
    '"event":"workflow.instance.completed","workflow.instance.created","workflow.instance.failed","event_id":"evt_01m'
    '{"at":17,"status":200,"problem":null,"duration_ms":1,"response":"","next_at":null}'
)
_EVENTS = (
    '"attempt":1,"duration_ms":"logs":[{"level":"changes":{"updated":{"from":"to":"removed":{"added":{'
    '{"schema":1,"events":[{"number":1,"id":"evt_01m000000000","type":"lifecycle","subtype":"created","at":17'
    '"thread":"thread_main","initial_state":"input":{},"version_id":"v_01m","by":"},{"number":2,"id":"evt_01m'
    '"type":"step","subtype":"completed","at":17,"thread":"thread_main","state":"phase":"logic","logic":"script",'
    '"logic":"http","attempt":1,"duration_ms":1,"changes":{"added":{}}},{"number":3,"id":"evt_01m'
    '"type":"transition","subtype":"state_change","at":17,"thread":"thread_main","from_state":"to_state":"trigger":'
    '"automatic","duration_ms":},"trigger":"input",{"number":4,"id":"evt_01m0000000000","type":"halt","subtype":'
    '"waiting","at":17,"thread":"thread_main","state":"type":"halt","subtype":"resumed","input":{'
    '"type":"lifecycle","subtype":"completed","at":17,"thread":"thread_main","state":"}],"snapshot":{"layers":{'
    '"thread_main":{}},"parents":{}},"base":1,"envelope":{"namespace":"default","workflow_name":"version_id":"v_01m'
    '"traceparent":"00-","by":"'
)
_HEADS = (
    '"parent":"thread_main","forked":["thread_"],"coming_from":"outcome":"completed","last_resume":{"sequence":2,"state":'
    '"input_hash":"at":17},"key":"due_at":17,"attempt":2,"phase":"enter","phase":"joining","phase":"ended","phase":"logic"'
    '{"id":"inst_01m","account":"acc_","namespace":"default","workflow_id":"wf_01m","workflow_name":",'
    '"version_id":"v_01m","created_at":17,"updated_at":17,"status":"completed","status":"running","status":"halted",'
    '"status_since":17,"next_event":5,"next_sequence":3,"snapshot_number":1,"records_since":0,"changed_since":0,'
    '"quota_shard":0,"ended_at":17,"traceparent":"00-","paused":false,"schema":1,"threads":[{"id":"thread_main",'
    '"state":","phase":"halted","sequence":2,"entered_at":17,"transitions":1}],"bulk":{"thread_main":{"input":{'
    '"layer":{"writers":{":"input",":"state:"},"halt":{"kind":"input","since":17,'
    '"presentation":{"type":"form","title":"options":{"instruction":"'
)

PHRASES: Final = "".join((_ERRORS, _SHOWN, _ANSWERS, _LOGGED, _EVENTS, _HEADS)).encode()

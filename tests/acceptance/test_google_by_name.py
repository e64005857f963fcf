"""Google's own client without any option: it goes to Google's hosts by name, and finds the emulator there."""

import json
import sys

from .conftest import StartGoogle

PROGRAM = """
import io, json
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.http import MediaIoBaseUpload

credentials = Credentials(
    None, refresh_token="any", token_uri="https://oauth2.googleapis.com/token", client_id="c", client_secret="s"
)
drive = build("drive", "v3", credentials=credentials, static_discovery=True)
media = MediaIoBaseUpload(io.BytesIO(b"x" * 600_000), "application/zip", chunksize=256 * 1024, resumable=True)
uploaded = drive.files().create(body={"name": "large.zip"}, media_body=media, fields="id,size").execute()
names = []
batch = drive.new_batch_http_request(callback=lambda _id, answer, error: names.append(answer["name"]))
for _ in range(3):
    batch.add(drive.files().get(fileId=uploaded["id"]))
batch.execute()
activity = build("driveactivity", "v2", credentials=credentials, static_discovery=True)
query = {"itemName": "items/" + uploaded["id"]}
directory = build("admin", "directory_v1", credentials=credentials, static_discovery=True)
print(json.dumps({
    "size": uploaded["size"],
    "names": names,
    "activities": len(activity.activity().query(body=query).execute()["activities"]),
    "users": len(directory.users().list(customer="my_customer").execute()["users"]),
}))
"""


def test_the_client_finds_the_emulator_at_googles_names(start_google: StartGoogle) -> None:
    """Drive with uploads and batches, Drive Activity, the directory and the token endpoint, each at its own host."""
    ended = start_google("--files", "20").run(sys.executable, "-c", PROGRAM)
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert (seen["size"], seen["names"], seen["activities"]) == ("600000", ["large.zip"] * 3, 1)
    assert seen["users"] > 1

namespace OrleansFlow.Rpc.Http2;

/// <summary>The server has answered to the end while the request was still being sent: its answer says why.</summary>
internal sealed class Http2EndedException() : IOException("The server ended the call before everything was sent.");

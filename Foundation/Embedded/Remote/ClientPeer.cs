using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>The client's end of a connection to a gateway.</summary>
internal sealed class ClientPeer(IFrameConnection connection, int recordBytesMax, CallClient client, string gateway)
    : RemotePeer(connection, recordBytesMax)
{
    private readonly TaskCompletionSource<RemoteWelcome> _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the silo said of itself, once it has.</summary>
    public Task<RemoteWelcome> Welcome => _welcome.Task;

    protected override IReferenceFormatter References => client.References;

    public void SayHello(string clientId)
    {
        var writer = CodecWriter.Rent(References);
        try
        {
            writer.WriteVarint((ulong)RecordKind.Hello);
            writer.WriteVarint(RemoteProtocol.Version);
            writer.WriteString(clientId);
            Post(writer, null, null, 0);
        }
        finally
        {
            writer.Return();
        }
    }

    protected override Exception ToFailure(Exception reason) => new SiloUnavailableException(
        $"The connection to the gateway {gateway} is lost: {reason.Message} Whether the call took effect is not known; repeat it if that is safe.", reason);

    protected override void OnRecord(RecordKind kind, CodecReader reader)
    {
        if (kind != RecordKind.Welcome)
        {
            throw Unexpected(kind);
        }

        var version = reader.ReadVarint();
        if (version != RemoteProtocol.Version)
        {
            throw new RemoteProtocolException($"The gateway speaks version {version} of {RemoteProtocol.Service}, this client version {RemoteProtocol.Version}.");
        }

        _welcome.TrySetResult(new RemoteWelcome(
            reader.ReadString(), reader.ReadString(), (long)reader.ReadVarint(), RemoteManifest.Read(reader)));
    }

    protected override void OnEnded()
    {
        _welcome.TrySetException(Ended!);
        _ = _welcome.Task.Exception;
    }
}

/// <summary>What a silo says of itself.</summary>
internal sealed record RemoteWelcome(string ClusterId, string SiloAddress, long RecordBytesMax, RemoteManifest Manifest);

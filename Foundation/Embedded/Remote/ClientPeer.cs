using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>The client's end of a connection to a gateway.</summary>
internal sealed class ClientPeer : RemotePeer
{
    private readonly CallClient _client;
    private readonly string _gateway;
    private readonly ServedCalls _calls;
    private readonly TaskCompletionSource<RemoteWelcome> _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ClientPeer(IFrameConnection connection, int recordBytesMax, CallClient client, string gateway)
        : base(connection, recordBytesMax)
    {
        _client = client;
        _gateway = gateway;
        _calls = new ServedCalls(this, client, client.Objects.Deliver);
    }

    /// <summary>What the silo said of itself, once it has.</summary>
    public Task<RemoteWelcome> Welcome => _welcome.Task;

    protected override IReferenceFormatter References => _client.References;

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
        $"The connection to the gateway {_gateway} is lost: {reason.Message} Whether the call took effect is not known; repeat it if that is safe.", reason);

    protected override void OnRecord(RecordKind kind, CodecReader reader)
    {
        switch (kind)
        {
            case RecordKind.Welcome:
                OnWelcome(reader);
                break;
            case RecordKind.Method:
                _calls.OnMethod(reader);
                break;
            case RecordKind.Call:
                _calls.OnCall(reader);
                break;
            case RecordKind.Cancel:
                _calls.OnCancel(reader);
                break;
            case RecordKind.Next:
                _calls.OnNext(reader);
                break;
            case RecordKind.EndSequence:
                _calls.OnEndSequence(reader);
                break;
            default:
                throw Unexpected(kind);
        }
    }

    protected override void OnEnded()
    {
        _calls.End();
        _welcome.TrySetException(Ended!);
        _ = _welcome.Task.Exception;
    }

    private void OnWelcome(CodecReader reader)
    {
        var version = reader.ReadVarint();
        if (version != RemoteProtocol.Version)
        {
            throw new RemoteProtocolException($"The gateway speaks version {version} of {RemoteProtocol.Service}, this client version {RemoteProtocol.Version}.");
        }

        _welcome.TrySetResult(new RemoteWelcome(
            reader.ReadString(), reader.ReadString(), (long)reader.ReadVarint(), RemoteManifest.Read(reader)));
    }
}

/// <summary>What a silo says of itself.</summary>
internal sealed record RemoteWelcome(string ClusterId, string SiloAddress, long RecordBytesMax, RemoteManifest Manifest);

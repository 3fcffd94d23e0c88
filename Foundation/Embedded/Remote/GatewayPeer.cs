using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>One client at the gateway: its calls run on the cluster, and calls to its objects go out to it.</summary>
internal sealed class GatewayPeer : RemotePeer, IClientRoute
{
    private readonly SiloRuntime _silo;
    private readonly ServedCalls _calls;
    private readonly TaskCompletionSource<string> _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GatewayPeer(SiloRuntime silo, IFrameConnection connection, int recordBytesMax)
        : base(connection, recordBytesMax)
    {
        _silo = silo;
        _calls = new ServedCalls(this, silo.Client, silo.Cluster.Dispatch);
    }

    /// <summary>The id that the client gave itself, once it has said hello.</summary>
    public Task<string> Hello => _hello.Task;

    public string ClientId { get; private set; } = "";

    protected override IReferenceFormatter References => _silo.Client.References;

    protected override bool IsQuiet => _calls.Count == 0;

    public void Deliver(GrainRequest request) =>
        Send(request, isOneWay: request.IsAnswered, request._timeoutStripe is null ? Timeout.InfiniteTimeSpan : request._timeout);

    protected override void OnRecord(RecordKind kind, CodecReader reader)
    {
        if (kind == RecordKind.Hello)
        {
            OnHello(reader);
            return;
        }

        if (!_hello.Task.IsCompleted)
        {
            throw new RemoteProtocolException($"A record of kind {(int)kind} came before the hello.");
        }

        switch (kind)
        {
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

    protected override Exception ToFailure(Exception reason) =>
        new ClientNotAvailableException($"The client has left: {reason.Message} Whether the call took effect is not known.", reason);

    protected override void OnEnded()
    {
        _silo.Cluster.Clients.Remove(this);
        _calls.End();
    }

    private void OnHello(CodecReader reader)
    {
        var version = reader.ReadVarint();
        if (version != RemoteProtocol.Version)
        {
            throw new RemoteProtocolException(
                $"The client speaks version {version} of {RemoteProtocol.Service}, this silo version {RemoteProtocol.Version}. Use the same release for both.");
        }

        var clientId = reader.ReadString();
        if (clientId.Length is 0 or > 100 || !_hello.TrySetResult(clientId))
        {
            throw new RemoteProtocolException("A hello needs a client id of 1 to 100 characters, and comes once.");
        }

        // A client that comes back takes the place of its old connection, even when that has not been found dead yet.
        ClientId = RemoteProtocol.RouteOf(clientId);
        _silo.Cluster.Clients.Add(this);
        var writer = CodecWriter.Rent(References);
        try
        {
            writer.WriteVarint((ulong)RecordKind.Welcome);
            writer.WriteVarint(RemoteProtocol.Version);
            writer.WriteString(_silo.ClusterId);
            writer.WriteString(_silo.SiloAddress.ToString());
            writer.WriteVarint((ulong)RecordBytesMax);
            RemoteManifest.Write(writer, GrainManifest.Current.Describe());
            Post(writer, null, null, 0);
        }
        finally
        {
            writer.Return();
        }
    }
}

using OrleansFlow.Rpc;

namespace Orleans.Embedded.Remote;

/// <summary>
/// The protocol <c>embedded.v1</c> between a client and the gateway of a silo: one stream both ways per client. Each message is a
/// <c>Frame</c> of <c>Protos/embedded_v1.proto</c>, a batch of records; a record begins with its kind.
/// </summary>
/// <remarks>
/// (1) The client says hello, with the version and its id. (2) The silo welcomes it with the grain types of the cluster. (3) Both send
/// calls, answers and cancellations in any order; a method is described by a record before its first call on a connection, and is a
/// number from then on. Whoever breaks the format loses the connection, and with it nobody else's.
/// </remarks>
internal static class RemoteProtocol
{
    public const int Version = 1;

    /// <summary>A batch is closed when it has so many bytes. Larger: fewer messages; each holds its reader longer.</summary>
    public const int BatchBytes = 128 * 1024;

    /// <summary>What a batch may have beside one record of the largest size.</summary>
    public const int FrameOverheadBytes = BatchBytes + 1024;

    public const string Service = "embedded.v1.Grains";

    /// <summary>The client in the ids of its objects. Apart from those of clients in the silo's own process, which nobody may claim.</summary>
    public static string RouteOf(string clientId) => "remote-" + clientId;

    public static RpcMethod<RemoteFrame, RemoteFrame> Connect(int recordBytesMax)
    {
        var marshaller = new RemoteFrameMarshaller(Math.Min(int.MaxValue - FrameOverheadBytes, recordBytesMax) + FrameOverheadBytes);
        return new RpcMethod<RemoteFrame, RemoteFrame>(RpcMethodKind.Duplex, Service, "Connect", marshaller, marshaller);
    }
}

/// <summary>What a record is. Numbers are for ever.</summary>
internal enum RecordKind
{
    Hello = 1,
    Welcome = 2,
    Method = 3,
    Call = 4,
    Result = 5,
    Failure = 6,
    Cancel = 7,
    Next = 8,
    EndSequence = 9,
}

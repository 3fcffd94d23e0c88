using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A worker of the role <c>by-hand</c> with one slot, over real gRPC, that does only what the test says.</summary>
internal sealed class HandWorker : IAsyncDisposable
{
    public const string Role = "by-hand";

    public static readonly RpcMethod<WorkerMessage, SiloMessage> Session =
        RpcMethod.Protobuf<WorkerMessage, SiloMessage>(RpcMethodKind.Duplex, "orleansflow.worker.v1.WorkerSessions", "Session");

    private readonly RpcDuplexCall<WorkerMessage, SiloMessage> _call;
    private long _heartbeats;

    private HandWorker(RpcDuplexCall<WorkerMessage, SiloMessage> call) => _call = call;

    public Registered Registered { get; private set; } = new();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static async Task<HandWorker> RegisterAsync(RunningSilo silo, string workerId, params Lease[] held)
    {
        var worker = new HandWorker(silo.Channel.Duplex(Session, new RpcCallOptions(CancellationToken: CancellationToken)));
        try
        {
            await worker.SendAsync(new WorkerMessage { Register = new Register { WorkerId = workerId, Slots = 1, Roles = { Role }, Held = { held } } });
        }
        catch (RpcException)
        {
            // A gateway that refuses at once may end the call before it has read anything; reading gives its reason.
        }

        worker.Registered = await worker.NextAsync(message => message.Registered);
        return worker;
    }

    public ValueTask SendAsync(WorkerMessage message) => _call.WriteAsync(message, CancellationToken);

    /// <summary>Sends a heartbeat and waits for its receipt.</summary>
    public async Task HeartbeatAsync()
    {
        await SendAsync(new WorkerMessage { Heartbeat = new Heartbeat { Sequence = ++_heartbeats } });
        Assert.Equal(_heartbeats, (await NextAsync(message => message.HeartbeatReceipt)).Sequence);
    }

    public async Task<Offer> OfferAsync() => Assert.Single((await NextAsync(message => message.Offers)).Offers_);

    /// <summary>Reports completion and gives the receipt.</summary>
    public async Task<OutcomeReceipt> CompleteAsync(Lease lease)
    {
        await SendAsync(new WorkerMessage { Outcomes = new Outcomes { Outcomes_ = { new Outcome { Lease = lease, Kind = Outcome.Types.Kind.Completed } } } });
        return Assert.Single((await NextAsync(message => message.OutcomeReceipts)).Receipts);
    }

    /// <summary>The next message of a kind; others before it are passed over.</summary>
    public async Task<T> NextAsync<T>(Func<SiloMessage, T?> pick)
        where T : class
    {
        await foreach (var message in _call.ReadAllAsync(CancellationToken))
        {
            if (pick(message) is { } found)
            {
                return found;
            }
        }

        throw new InvalidOperationException($"The session ended before a {typeof(T).Name} came.");
    }

    public ValueTask SayGoodbyeAsync() => _call.CompleteAsync();

    /// <summary>Breaks the stream off.</summary>
    public ValueTask DisposeAsync() => _call.DisposeAsync();
}

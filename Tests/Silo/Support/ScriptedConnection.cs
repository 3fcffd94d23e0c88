using System.Threading.Channels;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Silo.Gateway.Sessions;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A worker's stream whose other end is the test.</summary>
internal sealed class ScriptedConnection : ISessionConnection, IDisposable
{
    private readonly Channel<WorkerMessage> _fromWorker = Channel.CreateUnbounded<WorkerMessage>();
    private readonly Channel<SiloMessage> _toWorker = Channel.CreateUnbounded<SiloMessage>();
    private readonly CancellationTokenSource _siloStopping = new();

    public string Peer => "test";

    public CancellationToken SiloStopping => _siloStopping.Token;

    public IAsyncEnumerable<WorkerMessage> ReadAllAsync(CancellationToken cancellationToken) => _fromWorker.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Holds messages to the worker back until it ends.</summary>
    public TaskCompletionSource? SendGate { get; set; }

    public async ValueTask SendAsync(SiloMessage message, CancellationToken cancellationToken)
    {
        if (SendGate is { } gate)
        {
            await gate.Task.WaitAsync(cancellationToken);
        }

        await _toWorker.Writer.WriteAsync(message, cancellationToken);
    }

    public void Worker(WorkerMessage message) => Assert.True(_fromWorker.Writer.TryWrite(message));

    public void SayGoodbye() => _fromWorker.Writer.TryComplete();

    public void Break() => _fromWorker.Writer.TryComplete(new IOException("The peer is gone."));

    public void StopSilo() => _siloStopping.Cancel();

    /// <summary>The next message to the worker.</summary>
    public async Task<SiloMessage> NextAsync() => await _toWorker.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Whether nothing waits to be read by the worker.</summary>
    public bool IsQuiet => _toWorker.Reader.Count == 0;

    /// <summary>Registers and reads the answer.</summary>
    public async Task<Registered> RegisterAsync(int slots = 4)
    {
        Worker(new WorkerMessage { Register = new Register { WorkerId = "w1", Slots = slots, Roles = { "scan" } } });
        return (await NextAsync()).Registered;
    }

    public void Dispose() => _siloStopping.Dispose();
}

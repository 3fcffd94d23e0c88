using System.Threading.Channels;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A worker's grain that writes down what it is told.</summary>
internal sealed class ScriptedWorkerGrain : IWorkerGrain
{
    private readonly TaskCompletionSource<bool> _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Channel<WorkerCommand> Commands { get; } = Channel.CreateUnbounded<WorkerCommand>();

    public Channel<IReadOnlyList<LeaseToken>> Released { get; } = Channel.CreateUnbounded<IReadOnlyList<LeaseToken>>();

    public WorkerRegistration? Registration { get; private set; }

    public Exception? RegisterFailure { get; set; }

    public IReadOnlyList<LeaseToken> LostAtHeartbeat { get; set; } = [];

    public List<LeaseProgress> Progress { get; } = [];

    public bool Drained { get; private set; }

    /// <summary>Whether the end was clean; ends when the grain hears of it.</summary>
    public Task<bool> Disconnected => _disconnected.Task;

    public Task<RegistrationReceipt> RegisterAsync(WorkerRegistration registration, CancellationToken cancellationToken)
    {
        Registration = registration;
        return RegisterFailure is null
            ? Task.FromResult(new RegistrationReceipt([], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60)))
            : Task.FromException<RegistrationReceipt>(RegisterFailure);
    }

    public IAsyncEnumerable<WorkerCommand> CommandsAsync(string sessionId, CancellationToken cancellationToken) =>
        Commands.Reader.ReadAllAsync(cancellationToken);

    public Task<IReadOnlyList<LeaseToken>> HeartbeatAsync(string sessionId, IReadOnlyList<LeaseProgress> progress, CancellationToken cancellationToken)
    {
        Progress.AddRange(progress);
        return Task.FromResult(LostAtHeartbeat);
    }

    public Task<AssignReceipt> AssignAsync(IReadOnlyList<QueueEntry> entries, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<SlotReceipt> ReserveAsync(int count, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RedeemAsync(SlotTicket ticket, IReadOnlyList<LeaseGrant> grants, bool isLast, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ReleaseAsync(string sessionId, IReadOnlyList<LeaseToken> tokens, CancellationToken cancellationToken) =>
        Released.Writer.WriteAsync(tokens, cancellationToken).AsTask();

    public Task SwapAsync(string sessionId, IReadOnlyList<LeaseSwap> swaps, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(LeaseToken token, string reason, TimeSpan? grace, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DrainAsync(string sessionId, CancellationToken cancellationToken)
    {
        Drained = true;
        return Task.CompletedTask;
    }

    public Task<WorkerView> AskDrainAsync(string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DisconnectAsync(string sessionId, bool clean, CancellationToken cancellationToken)
    {
        _disconnected.TrySetResult(clean);
        return Task.CompletedTask;
    }

    public Task<WorkerView?> GetAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}

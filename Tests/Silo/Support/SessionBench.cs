using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>One session between a scripted worker and scripted grains.</summary>
internal sealed class SessionBench : IAsyncDisposable
{
    private readonly Task _running;

    public SessionBench(Action<GatewaySessionOptions>? configure = null, ScriptedRunGrain? run = null)
    {
        var options = new GatewaySessionOptions();
        configure?.Invoke(options);
        Run = run ?? new ScriptedRunGrain();
        var (factory, script) = ScriptedGrains.Create();
        script.With<IWorkerGrain>(_ => WorkerGrain).With<ITaskGrain>(_ => Tasks).With<IGraphRunGrain>(_ => Run);
        var welcome = new SessionWelcome("session-1", "cluster-1", "artifacts", ["key"]);
        _running = new GatewaySession(factory, Connection, welcome, options, Clock, NullLogger.Instance).RunAsync(TestContext.Current.CancellationToken);
    }

    public ManualTimeProvider Clock { get; } = new();

    public ScriptedConnection Connection { get; } = new();

    public ScriptedWorkerGrain WorkerGrain { get; } = new();

    public ScriptedTaskGrain Tasks { get; } = new();

    public ScriptedRunGrain Run { get; }

    /// <summary>Ends with the session.</summary>
    public Task Running => _running;

    public async ValueTask DisposeAsync()
    {
        // Whatever the test left waiting must not keep its session from ending.
        Tasks.BatchGate?.TrySetResult();
        Connection.SayGoodbye();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Connection.Dispose();
    }
}

/// <summary>A run whose inputs the test feeds.</summary>
internal sealed class ScriptedRunGrain : IGraphRunGrain
{
    public Channel<ArtifactRef> Inputs { get; } = Channel.CreateUnbounded<ArtifactRef>();

    public IAsyncEnumerable<ArtifactRef> ReadInputsAsync(LeaseToken token, string node, CancellationToken cancellationToken) =>
        Inputs.Reader.ReadAllAsync(cancellationToken);

    public Task<bool> SubmitAsync(RunSubmission submission, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RunView?> GetAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<TaskPage> GetTasksAsync(string node, int begin, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RunView> CancelAsync(string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RunView> PauseAsync(string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RunView> ResumeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RunView> AnswerAsync(string node, bool approved, string? payloadJson, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<RunEvent> WatchAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ArtifactPage> GetArtifactsAsync(string node, int begin, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<LeaseGrant?> GrantAsync(TaskId task, WorkerId worker, string sessionId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RenewAsync(LeaseToken token, WorkerId worker, string sessionId, double? progress, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<EffectReceipt> ReportBatchAsync(BatchReport report, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EffectReceipt> CompleteAsync(AttemptOutcome outcome, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RevokeAsync(LeaseToken token, string reason, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<TaskView?> GetTaskAsync(TaskId task, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RecoverAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}

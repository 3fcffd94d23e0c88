using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>One session between a scripted worker and scripted grains.</summary>
internal sealed class SessionBench : IAsyncDisposable
{
    private readonly Task _running;

    public SessionBench(Action<GatewaySessionOptions>? configure = null)
    {
        var options = new GatewaySessionOptions();
        configure?.Invoke(options);
        (var run, Run) = ScriptedRunGrain.Create();
        Run.Complete = (outcome, cancellationToken) => Tasks.CompleteAsync(outcome, cancellationToken);
        var (factory, script) = ScriptedGrains.Create();
        script.With<IWorkerGrain>(_ => WorkerGrain).With<ITaskGrain>(_ => Tasks).With(_ => run);
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

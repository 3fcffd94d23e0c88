using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Testing;

/// <summary>The product's worker session in a test's process, which can be cut off as a crash would.</summary>
internal sealed class TestWorker : IWorkerTransport, IAsyncDisposable
{
    private readonly InProcessWorkerTransport _transport;
    private readonly WorkScheduler _scheduler;
    private readonly TestFaults _faults;
    private readonly WorkerSession _session;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _crashed = new();
    private IWorkerConnection? _connection;
    private Task _running = Task.CompletedTask;

    public TestWorker(
        WorkerId id, FlowTestOptions options, RoleCatalog roles, IServiceScopeFactory scopes, Func<string, IArtifactStore> openStore,
        InProcessWorkerTransport transport, WorkScheduler scheduler, TestFaults faults, TimeProvider clock, ILoggerFactory loggers, string scratch)
    {
        Id = id;
        _transport = transport;
        _scheduler = scheduler;
        _faults = faults;
        _session = new WorkerSession(
            this,
            new WorkerSessionOptions
            {
                WorkerId = id,
                Slots = options.SlotsPerWorker,
                TempFolder = Path.Combine(scratch, id.Value),
                ShutdownGrace = TimeSpan.Zero,
                StopGrace = TimeSpan.FromSeconds(1),
            },
            roles,
            scopes,
            openStore,
            clock,
            new Random(id.Value.Length),
            loggers);
    }

    public WorkerId Id { get; }

    public string Address => _transport.Address;

    public Task Registered => _session.Registered;

    public void Start() => _running = _scheduler.RunAsync(() => _session.RunAsync(_stopping.Token, _crashed.Token));

    public async ValueTask<IWorkerConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_crashed.IsCancellationRequested)
        {
            throw Ended();
        }

        return _connection = new Cut(await _transport.ConnectAsync(cancellationToken), _faults, CrashAsync, _crashed.Token);
    }

    /// <summary>The stream breaks and nothing leaves any more.</summary>
    public Task CrashAsync() => _scheduler.RunAsync(async () =>
    {
        await _crashed.CancelOnSchedulerAsync();
        if (_connection is { } connection)
        {
            await connection.DisposeAsync();
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _crashed.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _session.DisposeAsync();
        _stopping.Dispose();
        _crashed.Dispose();
    }

    private static FlowException Ended() => new(FlowErrorCode.GatewayUnreachable, "The test ended this worker.");

    private sealed class Cut(IWorkerConnection inner, TestFaults faults, Func<Task> crashAsync, CancellationToken crashed) : IWorkerConnection
    {
        public async ValueTask SendAsync(WorkerMessage message, CancellationToken cancellationToken)
        {
            if (crashed.IsCancellationRequested)
            {
                throw Ended();
            }

            var (crashes, lost) = faults.Steps.OnSending(message);
            if (crashes)
            {
                await crashAsync();
                throw Ended();
            }

            foreach (var token in lost)
            {
                await faults.LoseAsync(token);
            }

            await inner.SendAsync(message, cancellationToken);
        }

        // A dead process says no good-bye.
        public ValueTask CompleteAsync() => crashed.IsCancellationRequested ? ValueTask.CompletedTask : inner.CompleteAsync();

        public async IAsyncEnumerable<SiloMessage> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var message in inner.ReadAllAsync(cancellationToken).WithCancellation(cancellationToken))
            {
                faults.OnMessage(message);
                if (faults.Steps.OnMessage(message))
                {
                    await crashAsync();
                    throw Ended();
                }

                yield return message;
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Worker.Workflows;

namespace OrleansFlow.Worker.Sessions;

/// <summary>One worker: keeps a session with the gateway over whatever transport, and runs the attempts that it is offered.</summary>
/// <remarks>
/// <para>Normal case: connect, register, heartbeat at the gateway's interval, run offers, send effects, get receipts.</para>
/// <para><b>Lost stream</b>: attempts go on. The worker reconnects with back-off and registers again with every lease that it still holds;
/// what the gateway calls lost is stopped, for the rest every effect without a receipt is sent again, and readers ask again. The owner tells
/// repetitions by lease and number.</para>
/// <para><b>Silence</b>: without a receipt for the lease duration, counted from when the answered heartbeat was sent, the worker assumes that its
/// leases have ended, stops their attempts and lets no effect of theirs out (<see cref="LeaseFence"/>).</para>
/// <para><b>Drain or stop</b>: no further offers; running attempts may end, for a limited time when the process is to stop; then good-bye.</para>
/// </remarks>
public sealed partial class WorkerSession : IAsyncDisposable
{
    // How long the gateway may take to end a stream after the worker's good-bye.
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarningInterval = TimeSpan.FromMinutes(1);

    private readonly IWorkerTransport _transport;
    private readonly WorkerSessionOptions _options;
    private readonly RoleCatalog _roles;
    private readonly AdapterCatalog _adapters;
    private readonly string _rolesText;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Func<string, IArtifactStore> _openStore;
    private readonly SessionOutbox _outbox = new();
    private readonly AttemptDispatcher _attempts;
    private readonly AttemptRunner _runner;
    private readonly StepRunner _steps;
    private readonly UpstreamReaders _readers;
    private readonly LeaseFence _fence;
    private readonly ReconnectBackoff _backoff;
    private readonly SessionJobs? _jobs;
    private readonly CancellationTokenSource _drainAsked = new();
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskScheduler _scheduler = TaskScheduler.Default;
    private string? _artifactRoot;
    private string? _clusterId;
    private SessionStream? _stream;
    private TimeSpan _leaseDuration;
    private long _downSince;
    private long _warnedAt;
    private bool _hasWarned;
    private CancellationTokenSource? _leave;
    private Exception? _fault;
    private volatile bool _isLeaving;

    /// <summary>Makes a session; nothing is sent before <see cref="RunAsync"/>.</summary>
    /// <param name="transport">The way to the gateway; stays the caller's.</param>
    /// <param name="options">What the worker is.</param>
    /// <param name="roles">What it serves.</param>
    /// <param name="scopes">Makes the scope of each attempt.</param>
    /// <param name="openStore">Opens the artifact store at the root that the gateway names.</param>
    /// <param name="clock">Every time and time limit.</param>
    /// <param name="random">Spreads reconnects; used by one thread at a time.</param>
    /// <param name="loggers">Makes the session's loggers.</param>
    /// <param name="meters">Makes its metrics; null for none that a host owns.</param>
    /// <param name="adapters">Its input adapters; null for those that every worker has.</param>
    public WorkerSession(
        IWorkerTransport transport,
        WorkerSessionOptions options,
        RoleCatalog roles,
        IServiceScopeFactory scopes,
        Func<string, IArtifactStore> openStore,
        TimeProvider clock,
        Random random,
        ILoggerFactory loggers,
        System.Diagnostics.Metrics.IMeterFactory? meters = null,
        AdapterCatalog? adapters = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        _transport = transport;
        _options = options;
        _roles = roles;
        _adapters = adapters ?? new AdapterCatalog([]);
        _rolesText = string.Join(", ", roles.Roles);
        _openStore = openStore;
        _clock = clock;
        _logger = loggers.CreateLogger<WorkerSession>();
        _attempts = new AttemptDispatcher(_outbox, options, Start, clock, loggers.CreateLogger<AttemptDispatcher>());
        _readers = new UpstreamReaders(_outbox, options, (lease, reason) => _attempts.Revoke(lease, reason));
        var instruments = new WorkerInstruments(meters);
        _runner = new AttemptRunner(
            roles, new InputRouter(_adapters, options.WorkerId, loggers.CreateLogger<InputRouter>()), scopes, _readers, options, instruments, clock, loggers.CreateLogger<AttemptRunner>());
        _steps = new StepRunner(roles, scopes, options, instruments, clock, loggers.CreateLogger<StepRunner>());
        _jobs = options.Jobs is not { } jobs ? null : new SessionJobs(jobs, _outbox, OnJobsFailed, loggers.CreateLogger<SessionJobs>());
        _fence = new LeaseFence(clock, OnLeasesExpired);
        _backoff = new ReconnectBackoff(options.ReconnectDelayMin, options.ReconnectDelayMax, random);
    }

    /// <summary>Ends at the first registration; fails with the session when it never gets there.</summary>
    public Task Registered => _registered.Task;

    /// <summary>Attempts that are not over, those whose end awaits its receipt included.</summary>
    public int AttemptCount => _attempts.Count;

    /// <summary>How the session is now. Safe to call from any thread.</summary>
    public WorkerHealth Health() => new()
    {
        WorkerId = _options.WorkerId,
        IsConnected = _stream is { IsRegistered: true },
        IsDraining = _isLeaving || _drainAsked.IsCancellationRequested,
        SinceLastHeartbeat = _fence.SinceLastReceipt,
        ActiveTasks = _attempts.RunningCount,
        WaitingTasks = _attempts.WaitingCount,
        Slots = _options.Slots,
    };

    /// <summary>Serves until told to stop, or until a drain that the gateway asked for is done. Called once.</summary>
    /// <param name="stopping">Begins the end: drain, at most the shutdown grace, then good-bye.</param>
    /// <param name="aborting">Ends it at once: what runs is stopped and left.</param>
    /// <exception cref="FlowException">The session cannot go on: <c>worker_id_in_use</c>, <c>unauthenticated</c>, <c>gateway_unreachable</c>, ...</exception>
    public async Task RunAsync(CancellationToken stopping, CancellationToken aborting)
    {
        _scheduler = TaskScheduler.Current;
        _downSince = _clock.GetTimestamp();
        using var journal = OpenOutbox();
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(aborting);
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(leave.Token);
        _leave = leave;
        _jobs?.Begin();
        var draining = DrainWhenAskedAsync(leave, stopping, lifetime.Token);
        try
        {
            await ServeAsync(leave.Token);
        }
        catch (Exception) when (leave.IsCancellationRequested && _fault is null)
        {
            // The drain is over, or was cut short: whatever the stream says to that, the session ends as it was told to.
        }
        catch (Exception exception)
        {
            FailRegistration(_fault ?? exception);
            if (_fault is not null)
            {
                throw new FlowException(FlowErrorCode.UnexpectedError, $"Worker '{_options.WorkerId}' cannot report its streaming jobs any more: {_fault.Message}", _fault);
            }

            throw;
        }
        finally
        {
            await lifetime.CancelOnSchedulerAsync();
            await draining;
            await (_jobs?.DisposeAsync() ?? ValueTask.CompletedTask);
            if (_attempts.Count == 0)
            {
                journal?.Clear();
            }

            _attempts.StopAll(StopReasons.Shutdown, fences: true);
            _registered.TrySetCanceled(CancellationToken.None);

            // Nobody has to wait for the registration.
            _ = _registered.Task.Exception;
        }

        LogEnded(_options.WorkerId);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _fence.Dispose();
        _attempts.Dispose();
        _drainAsked.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await ServeOneStreamAsync(cancellationToken);
                if (_isLeaving)
                {
                    return;
                }

                OnStreamLost(null);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (_isLeaving && IsIdle)
                {
                    return;
                }

                OnStreamLost(exception);
            }

            await Task.Delay(_backoff.Next(), _clock, cancellationToken);
        }
    }

    private async Task ServeOneStreamAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _transport.ConnectAsync(cancellationToken);
        var stream = new SessionStream(connection, _outbox, _attempts, _readers, _fence, _clock, _options.RegistrationTimeout, OnDrainAsked, _jobs);
        _stream = stream;
        if (_isLeaving && IsIdle)
        {
            return;
        }

        var registration = new Register
        {
            WorkerId = _options.WorkerId.Value,
            Slots = _options.Slots,
            Version = _options.Version,
            ProcessId = _options.ProcessId,
            Host = _options.Host,
            DataAddress = _options.DataEndpoint?.Address ?? _options.DataAddress,
            Prefetch = _options.Prefetch,
            Adopts = _options.AdoptsLeases,
            LeaseTtlMs = (long)(_options.LeaseTtl ?? TimeSpan.Zero).TotalMilliseconds,
            HeartbeatIntervalMs = (long)(_options.HeartbeatInterval ?? TimeSpan.Zero).TotalMilliseconds,
        };
        registration.Labels.Add(_options.Labels.ToDictionary());
        registration.RoleVersions.Add(_roles.VersionsWith(_options.RoleVersions));
        registration.Roles.Add(_roles.Roles);
        registration.Held.Add(_attempts.Held());
        _jobs?.Announce(registration);
        registration.Adapters.Add(_adapters.Announced());
        registration.Workflows.Add(_roles.Workflows.Select(workflow => UnsafeByteOperations.UnsafeWrap(workflow.Compiled.ToUtf8())));
        try
        {
            await stream.RunAsync(registration, OnRegistered, cancellationToken);
        }
        finally
        {
            _stream = null;
            _outbox.SetSending(false);
        }
    }

    private void OnRegistered(Registered registered, long sentAt)
    {
        _leaseDuration = TimeSpan.FromMilliseconds(registered.LeaseDurationMs);
        _fence.OnRegistered(sentAt, _leaseDuration);
        if (_artifactRoot != registered.ArtifactRoot)
        {
            _readers.Store = _openStore(registered.ArtifactRoot);
            _artifactRoot = registered.ArtifactRoot;
        }

        _options.DataEndpoint?.OnRegistered(registered.VerificationKeys, registered.ArtifactRoot);
        _backoff.Reset();
        _hasWarned = false;
        _downSince = long.MaxValue;
        _jobs?.OnStream();
        _readers.OnRegistered();
        _jobs?.OnRegistered();
        _outbox.SetSending(true);
        _attempts.OnRegistered(LostOf(registered));
        if (_drainAsked.IsCancellationRequested || _isLeaving)
        {
            _outbox.AddControl(new WorkerMessage { Draining = new Draining() });
        }

        LogRegistered(_options.WorkerId, _transport.Address, registered.SessionId, _options.Slots, _rolesText);
        _registered.TrySetResult();
    }

    private void Start(TaskAttempt attempt) =>
        _ = Task.Factory.StartNew(
            static async state =>
            {
                // Owned by the dispatcher: it learns of every end, and the runner throws nothing.
                var (session, attempt) = ((WorkerSession, TaskAttempt))state!;
                var outcome = await (attempt.Offer.Step.IsEmpty ? session._runner.RunAsync(attempt) : session._steps.RunAsync(attempt));
                session._attempts.End(attempt, outcome);
            },
            (this, attempt),
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            _scheduler);
}

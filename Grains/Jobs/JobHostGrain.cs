using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Tasks;
using Wire = OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Grains.Jobs;

/// <summary>One worker's part in streaming jobs: a thin shell around <see cref="HostedJobs"/>, and the place where orders meet the session.</summary>
/// <remarks>
/// Re-entrant: an order waits for its receipt while others come. (1) A session attaches and says which runs its worker still has; what is here and not there is lost, what is
/// there and not here is asked of its job. (2) Orders go out with numbers of their own, and each waits for its receipt. (3) A lost session fails what waits, and starts the
/// grace; a session within it takes everything up again. (4) After the grace, or a good-bye, the jobs hear that the worker is gone.
/// </remarks>
[Reentrant]
internal sealed partial class JobHostGrain(IOptions<LeaseOptions> leases, LeaseClock clock, ILogger<JobHostGrain> logger) : Grain, IJobHostGrain
{
    /// <summary>Orders that may wait for the stream, and as many for receipts: each job has at most one under way.</summary>
    private const int OrdersMax = 4_096;

    /// <summary>Longest wait for a session, and then for a receipt. Shorter than calls of grains may take; callers ask again.</summary>
    private static readonly TimeSpan AnswerWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UpkeepPeriod = TimeSpan.FromSeconds(30);

    private readonly Dictionary<long, TaskCompletionSource<JobHostAnswer>> _waiting = [];
    private TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JobHostRegistration? _session;
    private Channel<JobHostOrder>? _orders;
    private HostedJobs _jobs = new(0);
    private IGrainTimer? _grace;
    private IGrainTimer? _upkeep;
    private bool _isReady;
    private bool _isDraining;
    private bool _isListed;
    private long _lastOrder;

    private string Id => this.GetPrimaryKeyString();

    private IJobDirectoryGrain Directory => GrainFactory.GetGrain<IJobDirectoryGrain>(IJobDirectoryGrain.Workers);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        EndSession("the worker's place in this silo ends");
        return Task.CompletedTask;
    }

    public async Task AttachAsync(JobHostRegistration registration, CancellationToken cancellationToken)
    {
        // 1.
        EndSession("the worker has another session");
        _grace?.Dispose();
        _grace = null;
        _session = registration;
        _isDraining = false;
        _orders = Channel.CreateBounded<JobHostOrder>(OrdersMax);
        _jobs = _jobs with { Slots = registration.Slots };

        // As long as it has a session the grain stays.
        _upkeep ??= this.RegisterGrainTimer(_ => Task.CompletedTask, new GrainTimerCreationOptions(UpkeepPeriod, UpkeepPeriod) { KeepAlive = true, Interleave = true });
        var runs = registration.Runs.ToDictionary(run => run.JobId, run => run.Generation, StringComparer.Ordinal);
        var gone = _jobs.Running.Where(job => runs.GetValueOrDefault(job.JobId, -1) != job.Generation).ToList();
        var known = _jobs.Running.Select(job => new JobRunId(job.JobId, job.Generation)).ToHashSet();
        foreach (var job in gone)
        {
            _jobs = _jobs.Ended(job.JobId, job.Generation);
        }

        await Task.WhenAll(gone.Select(job => LoseAsync(job.JobId, isDraining: false, "it registered again and does not run the job any more")));
        await Task.WhenAll(registration.Runs.Where(run => !known.Contains(run)).Select(run => AdoptAsync(run, cancellationToken)));
        if (!_isListed)
        {
            await Directory.RecordAsync(Id, cancellationToken);
            _isListed = true;
        }

        // After these waits another session may have begun.
        if (ReferenceEquals(_session, registration))
        {
            _isReady = true;
            _attached.TrySetResult();
            LogAttached(Id, registration.SessionId, registration.Slots, registration.Runs.Count, gone.Count);
        }
    }

    public async IAsyncEnumerable<JobHostOrder> OrdersAsync(string sessionId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (sessionId != _session?.SessionId || _orders is not { } orders)
        {
            yield break;
        }

        // Not ReadAllAsync, which waits outside the grain's turns.
        while (await orders.Reader.WaitToReadAsync(cancellationToken))
        {
            while (orders.Reader.TryRead(out var order))
            {
                yield return order;
            }
        }
    }

    public Task AnswerAsync(string sessionId, IReadOnlyList<JobHostReceipt> receipts, CancellationToken cancellationToken)
    {
        if (sessionId == _session?.SessionId)
        {
            foreach (var receipt in receipts)
            {
                if (_waiting.Remove(receipt.OrderId, out var waiting))
                {
                    waiting.TrySetResult(receipt.ErrorCode.Length == 0 ? new JobHostAnswer(JobHostOutcome.Done, "", "") : new JobHostAnswer(JobHostOutcome.Refused, receipt.ErrorCode, receipt.Message));
                }
            }
        }

        return Task.CompletedTask;
    }

    public Task DrainAsync(string sessionId, CancellationToken cancellationToken)
    {
        if (sessionId != _session?.SessionId || _isDraining)
        {
            return Task.CompletedTask;
        }

        _isDraining = true;
        return Task.WhenAll(_jobs.Running.Select(job => LoseAsync(job.JobId, isDraining: true, "it has announced that it will end")));
    }

    public Task DetachAsync(string sessionId, bool isClean, CancellationToken cancellationToken)
    {
        if (sessionId != _session?.SessionId)
        {
            return Task.CompletedTask;
        }

        // 3.
        EndSession("the worker's session is lost");
        if (isClean)
        {
            return EndAsync("it said good-bye");
        }

        var grace = leases.Value.ReconnectGrace;
        _grace = this.RegisterGrainTimer(
            _ => _session is null ? EndAsync($"its session was lost for longer than {grace}") : Task.CompletedTask,
            new GrainTimerCreationOptions(grace > TimeSpan.Zero ? grace : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        return Task.CompletedTask;
    }

    public Task<JobHostView?> GetAsync(string jobId, CancellationToken cancellationToken) =>
        Task.FromResult(_session is { } session && _isReady ? new JobHostView(FreeFor(jobId), session.DataAddress, session.RpcAddress, _isDraining) : null);

    public Task<int> ReserveAsync(string jobId, int slots, CancellationToken cancellationToken)
    {
        if (FreeFor(jobId) <= 0)
        {
            return Task.FromResult(0);
        }

        _jobs = _jobs.Reserve(jobId, slots, clock.GetUtcNow(), out var reserved);
        return Task.FromResult(reserved);
    }

    public Task ReleaseAsync(string jobId, CancellationToken cancellationToken)
    {
        _jobs = _jobs.Release(jobId);
        return Task.CompletedTask;
    }

    private int FreeFor(string jobId) =>
        _session is not { } session || !_isReady || _isDraining || (session.OnlyJob.Length > 0 && session.OnlyJob != jobId) ? 0 : _jobs.FreeFor(jobId, clock.GetUtcNow());

    /// <summary>A run that this place does not know: its job says whether it is still wanted, and how many slots it has.</summary>
    private async Task AdoptAsync(JobRunId run, CancellationToken cancellationToken)
    {
        var view = await GrainFactory.GetGrain<IStreamJobGrain>(run.JobId).GetAsync(cancellationToken);
        if (view is not null && view.Generation <= run.Generation && view.WorkerSlots.TryGetValue(Id, out var slots))
        {
            _jobs = _jobs.Started(run.JobId, run.Generation, slots);
            return;
        }

        LogUnwanted(Id, run.JobId, run.Generation);
        var finished = new JobFinishedRequest { Context = new JobContext { WorkerId = Id, JobId = run.JobId, Generation = run.Generation } };
        _orders?.Writer.TryWrite(new JobHostOrder(++_lastOrder, Google.Protobuf.MessageExtensions.ToByteArray(new Wire.JobOrder { Finished = finished })));
    }

    private void EndSession(string why)
    {
        _session = null;
        _isReady = false;
        _orders?.Writer.TryComplete();
        _orders = null;
        if (_attached.Task.IsCompleted)
        {
            _attached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        foreach (var waiting in _waiting.Values)
        {
            waiting.TrySetResult(new JobHostAnswer(JobHostOutcome.NotHeard, "", why));
        }

        _waiting.Clear();
    }

    /// <summary>4. The worker is gone for good.</summary>
    private async Task EndAsync(string why)
    {
        var lost = _jobs.Running;
        _jobs = new HostedJobs(0);
        _upkeep?.Dispose();
        _upkeep = null;
        _isListed = false;
        if (lost.Count > 0)
        {
            LogLost(Id, lost.Count, why);
        }

        await Task.WhenAll(lost.Select(job => LoseAsync(job.JobId, isDraining: false, why)));
        if (_session is null)
        {
            await Directory.RemoveAsync(Id, CancellationToken.None);
        }
    }

    private async Task LoseAsync(string jobId, bool isDraining, string why)
    {
        try
        {
            await GrainFactory.GetGrain<IStreamJobGrain>(jobId).LoseWorkerAsync(Id, isDraining, why, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // The job finds out by itself: it hears nothing of the worker any more.
            LogNotTold(exception, jobId, Id);
        }
    }

    [LoggerMessage(EventId = 3210, Level = LogLevel.Information, Message = "Worker {WorkerId} offers {Slots} slots for streaming jobs in session {SessionId}; it runs {RunCount} jobs, and lost {LostCount} since its last session")]
    private partial void LogAttached(string workerId, string sessionId, int slots, int runCount, int lostCount);

    [LoggerMessage(EventId = 3211, Level = LogLevel.Information, Message = "Worker {WorkerId} still runs generation {Generation} of streaming job {JobId}, which is not wanted any more; it is told to let go")]
    private partial void LogUnwanted(string workerId, string jobId, long generation);

    [LoggerMessage(EventId = 3212, Level = LogLevel.Warning, Message = "Worker {WorkerId} is lost to its {JobCount} streaming jobs: {Reason}")]
    private partial void LogLost(string workerId, int jobCount, string reason);

    [LoggerMessage(EventId = 3213, Level = LogLevel.Warning, Message = "Streaming job {JobId} could not be told that worker {WorkerId} is gone or ends; it finds out when it hears nothing of it")]
    private partial void LogNotTold(Exception exception, string jobId, string workerId);
}

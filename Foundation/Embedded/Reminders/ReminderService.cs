using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Timers;

namespace Orleans.Embedded;

/// <summary>Fires the reminders of the grains that belong to this silo. The table is the truth; what is in memory is rebuilt from it.</summary>
internal sealed partial class ReminderService : IReminderRegistry, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan TimerMax = TimeSpan.FromDays(40);

    private readonly Lock _gate = new();
    private readonly Dictionary<(GrainId GrainId, string Name), LocalReminder> _local = [];
    private readonly SemaphoreSlim _refreshing = new(1);
    private readonly SiloRuntime _silo;
    private readonly ReminderOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly IReminderTable? _table;
    private ITimer? _refreshTimer;
    private Task _lastRefresh = Task.CompletedTask;
    private bool _isRunning;
    private int _ticksUnderWay;

    public ReminderService(SiloRuntime silo, IServiceProvider services, IOptions<ReminderOptions> options, ILogger<ReminderService> logger)
    {
        _silo = silo;
        _options = options.Value;
        _logger = logger;
        _table = services.GetService<IReminderTable>();
    }

    /// <summary>Ticks that were sent and are not answered; a reminder does not tick again while one of its is.</summary>
    internal int TicksUnderWay => Volatile.Read(ref _ticksUnderWay);

    private IReminderTable Table => _table ?? throw new OrleansConfigurationException(
        "The reminder service has no table; register an IReminderTable, or call siloBuilder.UseInMemoryReminderService().");

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe("reminder table", ServiceLifecycleStage.RuntimeStorageServices, StartTableAsync, token => Table.StopAsync(token));
        lifecycle.Subscribe("reminders", ServiceLifecycleStage.Active, StartAsync, StopAsync);
    }

    public async Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(dueTime), dueTime, $"Reminder '{reminderName}' must be due in zero or more time.");
        }

        if (period < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(period), period, $"Reminder '{reminderName}' must have a period; to be woken once, unregister it when it ticks.");
        }

        if (period < _options.MinimumReminderPeriod)
        {
            throw new ArgumentException(
                $"Reminder '{reminderName}' of grain '{callingGrainId}' has the period {period}; the shortest allowed is {_options.MinimumReminderPeriod}. " +
                "Use a grain timer for shorter ones, or lower ReminderOptions.MinimumReminderPeriod.",
                nameof(period));
        }

        var entry = new ReminderEntry
        {
            GrainId = callingGrainId,
            ReminderName = reminderName,
            StartAt = (_silo.TimeProvider.GetUtcNow() + dueTime).UtcDateTime,
            Period = period,
        };
        entry.ETag = await Table.UpsertRow(entry);
        OwnerOf(callingGrainId)?.Track(entry);
        return new GrainReminder(callingGrainId, reminderName, entry.ETag);
    }

    public async Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        if (reminder is not GrainReminder known)
        {
            throw new ArgumentException("The reminder was not made by this runtime; pass what GetReminder returned.", nameof(reminder));
        }

        if (!await Table.RemoveRow(callingGrainId, known.ReminderName, known.ETag))
        {
            throw new ReminderException(
                $"Reminder '{known.ReminderName}' of grain '{callingGrainId}' was changed or removed since it was read; get it again before removing it.");
        }

        OwnerOf(callingGrainId)?.Forget(callingGrainId, known.ReminderName);
    }

    public async Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName) =>
        await Table.ReadRow(callingGrainId, reminderName) is { } row ? new GrainReminder(callingGrainId, row.ReminderName, row.ETag) : null;

    public async Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId)
    {
        var rows = await Table.ReadRows(callingGrainId);
        return [.. rows.Reminders.Select(row => new GrainReminder(callingGrainId, row.ReminderName, row.ETag))];
    }

    public void Dispose()
    {
        // A killed silo was not stopped in order.
        _silo.Cluster.MembersChanged -= QueueRefresh;
        _refreshTimer?.Dispose();
        _stopping.Cancel();
        lock (_gate)
        {
            _isRunning = false;
            foreach (var reminder in _local.Values)
            {
                reminder.Dispose();
            }

            _local.Clear();
        }
    }

    private async Task StartTableAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Table.StartAsync(cancellationToken).WaitAsync(_options.InitializationTimeout, _silo.TimeProvider, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new OrleansException(
                $"The reminder table did not start within {_options.InitializationTimeout}, which is ReminderOptions.InitializationTimeout.", exception);
        }
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isRunning = true;
        }

        await RefreshAsync();
        _silo.Cluster.MembersChanged += QueueRefresh;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _refreshTimer = _silo.TimeProvider.CreateTimer(
                static state => ((ReminderService)state!).QueueRefresh(), this, _options.RefreshReminderListPeriod, _options.RefreshReminderListPeriod);
        }
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        await _lastRefresh;
    }

    private ReminderService? OwnerOf(GrainId grainId) =>
        _silo.Cluster.Silos.Length == 0 ? null : _silo.Cluster.Place(grainId).Services.GetService<ReminderService>();

    private bool IsMine(GrainId grainId) => _silo.IsMember && ReferenceEquals(_silo.Cluster.Place(grainId), _silo);

    private void QueueRefresh()
    {
        if (!_silo.IsDead)
        {
            _lastRefresh = _silo.Simulation is { } simulation ? simulation.RunAsync(_silo, RefreshAsync) : Task.Run(RefreshAsync);
        }
    }

    // Never throws: a failed reading is repeated after the refresh period.
    private async Task RefreshAsync()
    {
        try
        {
            await _refreshing.WaitAsync(_stopping.Token);
            try
            {
                var rows = await Table.ReadRows(0, 0);
                Adopt(rows.Reminders);
            }
            finally
            {
                _refreshing.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
        catch (Exception exception)
        {
            LogRefreshFailed(exception);
        }
    }

    private void Adopt(IList<ReminderEntry> rows)
    {
        lock (_gate)
        {
            if (!_isRunning)
            {
                return;
            }

            var gone = new HashSet<(GrainId, string)>(_local.Keys);
            foreach (var row in rows)
            {
                if (IsMine(row.GrainId))
                {
                    gone.Remove((row.GrainId, row.ReminderName));
                    TrackWhileLocked(row);
                }
            }

            foreach (var key in gone)
            {
                _local.Remove(key, out var reminder);
                reminder!.Dispose();
            }
        }
    }

    private void Track(ReminderEntry entry)
    {
        lock (_gate)
        {
            if (_isRunning)
            {
                TrackWhileLocked(entry);
            }
        }
    }

    private void TrackWhileLocked(ReminderEntry entry)
    {
        var key = (entry.GrainId, entry.ReminderName);
        if (_local.TryGetValue(key, out var known))
        {
            if (known.Entry.ETag == entry.ETag)
            {
                return;
            }

            known.Dispose();
        }

        _local[key] = new LocalReminder(this, entry);
    }

    private void Forget(GrainId grainId, string name)
    {
        lock (_gate)
        {
            if (_local.Remove((grainId, name), out var reminder))
            {
                reminder.Dispose();
            }
        }
    }

    [LoggerMessage(EventId = 6131, Level = LogLevel.Error, Message = "The reminder table could not be read; it is read again after the refresh period")]
    private partial void LogRefreshFailed(Exception exception);

    [LoggerMessage(EventId = 6132, Level = LogLevel.Warning, Message = "Reminder {Reminder} of grain {GrainId} failed; it ticks again after its period")]
    private partial void LogTickFailed(string reminder, GrainId grainId, Exception exception);

    private sealed record GrainReminder(GrainId GrainId, string ReminderName, string ETag) : IGrainReminder;
}

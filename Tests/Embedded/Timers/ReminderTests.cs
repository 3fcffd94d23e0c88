using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Timers;

public sealed class ReminderTests : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster _cluster = null!;

    private IReminderGrain Grain => _cluster.Client.GetGrain<IReminderGrain>(_key);

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(clock: _clock);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Reminder_TicksAtItsTimes()
    {
        await Grain.RegisterAsync("r", 2 * Minute, 3 * Minute);

        _clock.Advance(2 * Minute - TimeSpan.FromSeconds(1));
        Assert.Equal(0, Notes.Count(_key));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1 && TicksUnderWay() == 0);
        _clock.Advance(3 * Minute);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);

        Assert.Equal(["r 00:03:00 00:00:00", "r 00:03:00 00:03:00"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_WakesAGrainThatIsNotActive()
    {
        await Grain.RegisterAsync("r", Minute, Minute);
        await _cluster.DeactivateAsync(Grain);
        Assert.False(_cluster.TryGetGrainContext(Grain.GetGrainId(), out _));

        _clock.Advance(Minute);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_SurvivesTheRestartOfItsSilo()
    {
        await Grain.RegisterAsync("r", Minute, Minute);

        await _cluster.RestartSiloAsync(_cluster.Silos[0]);
        _clock.Advance(Minute);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_OfKilledSilo_TicksInAnother()
    {
        await Grain.RegisterAsync("r", Minute, Minute);
        var first = _cluster.Silos[0];
        await _cluster.StartAdditionalSiloAsync();

        await _cluster.KillSiloAsync(first);
        await _clock.AdvanceUntilAsync(Minute, () => Notes.Count(_key) > 0);

        Assert.Equal(["Silo_1"], Notes.Of(_key + "/silo").Distinct());
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_Unregistered_TicksNoMore()
    {
        await Grain.RegisterAsync("r", Minute, Minute);
        await Grain.RegisterAsync("s", Minute, Minute);
        Assert.Equal(2, await Grain.CountAsync());

        Assert.True(await Grain.UnregisterAsync("r"));
        Assert.False(await Grain.UnregisterAsync("r"));
        _clock.Advance(Minute);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);

        Assert.StartsWith("s ", Assert.Single(Notes.Of(_key)), StringComparison.Ordinal);
        Assert.Equal(1, await Grain.CountAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Period_ShorterThanTheMinimum_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => Grain.RegisterAsync("r", Minute, Minute - TimeSpan.FromTicks(1)));

        Assert.Contains("00:01:00", exception.Message, StringComparison.Ordinal);
        await Grain.RegisterAsync("r", Minute, Minute);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_KeepsToItsTimes_AfterASiloWasDown()
    {
        await Grain.RegisterAsync("r", Minute, 2 * Minute);
        await _cluster.StopSilosAsync();
        _clock.Advance(4.5 * Minute);
        await _cluster.StartAdditionalSiloAsync();
        Assert.Equal(0, Notes.Count(_key));

        // Due at 1, 3 and 5 minutes: the missed ones are not made up for, and the period is not counted from the start of the silo.
        _clock.Advance(0.5 * Minute);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1 && TicksUnderWay() == 0);
        _clock.Advance(2 * Minute);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);

        Assert.Equal(["r 00:02:00 00:04:00", "r 00:02:00 00:06:00"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_RegisteredAgain_TakesTheNewTimes()
    {
        await Grain.RegisterAsync("r", Minute, Minute);
        await Grain.RegisterAsync("r", 5 * Minute, 10 * Minute);
        Assert.Equal(1, await Grain.CountAsync());

        _clock.Advance(5 * Minute - TimeSpan.FromSeconds(1));
        Assert.Equal(0, Notes.Count(_key));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);

        Assert.Equal(["r 00:10:00 00:00:00"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_IsFoundByItsName_OrNotAtAll()
    {
        await Grain.RegisterAsync("r", Minute, Minute);

        Assert.Equal("r", await Grain.FindAsync("r"));
        Assert.Equal("none", await Grain.FindAsync("s"));
        Assert.Equal("none", await _cluster.Client.GetGrain<IReminderGrain>(_key + "/other").FindAsync("r"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_ChangedOrRemovedMeanwhile_IsNotUnregistered()
    {
        await Grain.RegisterAsync("r", Minute, Minute);
        await Grain.RegisterAsync("s", Minute, Minute);

        await Assert.ThrowsAsync<ReminderException>(() => Grain.UnregisterTwiceAsync("r"));
        await Assert.ThrowsAsync<ReminderException>(() => Grain.UnregisterAfterChangeAsync("s"));

        Assert.Equal("none", await Grain.FindAsync("r"));
        Assert.Equal("s", await Grain.FindAsync("s"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Times_ThatAreNegativeOrInfinite_AreRefused()
    {
        var due = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Grain.RegisterAsync("r", Timeout.InfiniteTimeSpan, Minute));
        var period = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Grain.RegisterAsync("r", Minute, Timeout.InfiniteTimeSpan));

        Assert.Equal(("dueTime", "period"), (due.ParamName, period.ParamName));
    }

    [Fact(Timeout = 30_000)]
    public async Task Reminder_OfAGrainThatCannotReceiveIt_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => _cluster.Client.GetGrain<IForgetfulGrain>(_key).RegisterAsync());

        Assert.Contains(nameof(IRemindable), exception.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task MinimumPeriod_OfTheOptions_IsTaken()
    {
        var clock = new ManualTimeProvider();
        await using var cluster = await TestClusters.StartAsync(
            clock: clock,
            configure: static silo => silo.Configure<ReminderOptions>(static options => options.MinimumReminderPeriod = TimeSpan.FromSeconds(1)));
        var grain = cluster.Client.GetGrain<IReminderGrain>(_key);

        await Assert.ThrowsAsync<ArgumentException>(() => grain.RegisterAsync("r", TimeSpan.Zero, TimeSpan.FromMilliseconds(999)));
        await grain.RegisterAsync("r", TimeSpan.Zero, TimeSpan.FromSeconds(1));

        await clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => Notes.Count(_key) >= 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task Table_ThatDoesNotStartInTime_StopsTheStart()
    {
        var clock = new ManualTimeProvider();
        var table = new StuckTable();
        var start = TestClusters.StartAsync(clock: clock, configure: silo =>
        {
            silo.Services.AddSingleton<IReminderTable>(table);
            silo.Configure<ReminderOptions>(static options => options.InitializationTimeout = TimeSpan.FromSeconds(7));
        });
        await table.Entered.Task;
        await clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => start.IsCompleted);

        var exception = await Assert.ThrowsAnyAsync<Exception>(() => start);
        Assert.Contains("00:00:07", exception.ToString(), StringComparison.Ordinal);
    }

    private sealed class StuckTable : IReminderTable
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task StartAsync(CancellationToken cancellationToken = default)
        {
            Entered.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public Task<ReminderTableData> ReadRows(GrainId grainId) => throw new NotSupportedException();

        public Task<ReminderTableData> ReadRows(uint begin, uint end) => throw new NotSupportedException();

        public Task<ReminderEntry> ReadRow(GrainId grainId, string reminderName) => throw new NotSupportedException();

        public Task<string> UpsertRow(ReminderEntry entry) => throw new NotSupportedException();

        public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) => throw new NotSupportedException();

        public Task TestOnlyClearTable() => throw new NotSupportedException();
    }

    private int TicksUnderWay() => _cluster.Silos.Sum(silo => silo.ServiceProvider.GetRequiredService<ReminderService>().TicksUnderWay);
}

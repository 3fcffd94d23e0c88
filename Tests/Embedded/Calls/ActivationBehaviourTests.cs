using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>What grain code and its callers observe while a grain begins, runs and ends.</summary>
public sealed class ActivationBehaviourTests
{
    [Fact(Timeout = 30_000)]
    public async Task Constructor_GetsKeyedServices()
    {
        await using var cluster = await TestClusters.StartAsync(configure: static silo => silo.Services
            .AddKeyedSingleton("one", new NamedService("first"))
            .AddKeyedSingleton("two", new NamedService("second")));

        Assert.Equal("first second none", await cluster.Client.GetGrain<IKeyedServiceGrain>("a").NamesAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Constructor_ThatThrows_GivesTheCallerItsException()
    {
        await using var cluster = await TestClusters.StartAsync();

        var exception = await Assert.ThrowsAsync<NotSupportedException>(() => cluster.Client.GetGrain<IBadConstructorGrain>("a").RunAsync());

        Assert.Equal("thrown by the constructor", exception.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task Constructor_WithoutAService_SaysWhich()
    {
        await using var cluster = await TestClusters.StartAsync();

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Client.GetGrain<IKeyedServiceGrain>("a").NamesAsync());

        Assert.StartsWith(
            $"Unable to resolve service for type '{typeof(NamedService)}' while attempting to activate '{typeof(KeyedServiceGrain)}'.",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task ContextAccessor_KnowsTheGrainWhoseTurnRuns()
    {
        await using var cluster = await TestClusters.StartAsync();
        var accessor = cluster.GetSiloServiceProvider().GetRequiredService<IGrainContextAccessor>();

        Assert.Equal("accessing/a accessing/a", await cluster.Client.GetGrain<IAccessingGrain>("a").WhoAsync());
        Assert.Null(accessor.GrainContext);
    }

    [Fact(Timeout = 30_000)]
    public async Task ScopedService_IsOneForEachActivation_AndEndsWithIt()
    {
        await using var cluster = await TestClusters.StartAsync(configure: static silo => silo.Services.AddScoped<ScopedPart>());
        var grain = cluster.Client.GetGrain<IScopedGrain>("a");

        var (one, isSame) = await grain.PartAsync();
        Assert.True(isSame);
        Assert.NotEqual(one, (await cluster.Client.GetGrain<IScopedGrain>("b").PartAsync()).Part);
        Assert.DoesNotContain(one, ScopedPart.Disposed);
        await cluster.DeactivateAsync(grain);

        Assert.Contains(one, ScopedPart.Disposed);
        Assert.NotEqual(one, (await grain.PartAsync()).Part);
    }

    [Fact(Timeout = 30_000)]
    public async Task StartupTask_ThatFails_FailsTheStart() =>
        await Assert.ThrowsAsync<NotSupportedException>(async () =>
        {
            await using var cluster = await TestClusters.StartAsync(
                configure: static silo => silo.AddStartupTask(static (_, _) => throw new NotSupportedException("not today")));
        });

    [Fact]
    public void GrainObject_MadeByATest_HasNoContext()
    {
        var grain = new OverloadedGrain();

        Assert.Null(grain.GrainContext);
    }

    [Fact(Timeout = 30_000)]
    public async Task RequestContext_OfTheFirstCall_IsSeenWhileActivating()
    {
        await using var cluster = await TestClusters.StartAsync();
        RequestContext.Set("who", "ada");

        Assert.Equal("ada", await cluster.Client.GetGrain<IActivationContextGrain>("a").SeenWhileActivatingAsync());

        RequestContext.Clear();
        Assert.Equal("ada", await cluster.Client.GetGrain<IActivationContextGrain>("a").SeenWhileActivatingAsync());
        Assert.Null(await cluster.Client.GetGrain<IActivationContextGrain>("b").SeenWhileActivatingAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task GrainLifecycle_RunsItsStagesInOrder_AndBackwardsAtTheEnd()
    {
        await using var cluster = await TestClusters.StartAsync(configure: static silo => silo.Services.AddTransient<StagedPart>());
        var key = Guid.NewGuid().ToString("N");

        Assert.Equal(["part", "state", "last", "activate"], await cluster.Client.GetGrain<IStagedGrain>(key).StagesAsync());

        await TestClusters.UntilAsync(() => StagedGrain.Ended.Count(line => line.StartsWith(key, StringComparison.Ordinal)) == 3);
        Assert.Equal(
            [$"{key} deactivate", $"{key} last", $"{key} state"],
            StagedGrain.Ended.Where(line => line.StartsWith(key, StringComparison.Ordinal)));
    }

    [Fact(Timeout = 30_000)]
    public async Task MigrationHooks_AreNotCalled_AndTheGrainStartsAnew()
    {
        await using var cluster = await TestClusters.StartAsync(silos: 2, configure: static silo => silo.Services.AddTransient<StagedPart>());
        var key = Guid.NewGuid().ToString("N");
        var grain = cluster.Client.GetGrain<IStagedGrain>(key);
        await grain.MigrateAsync();
        await TestClusters.UntilAsync(() => StagedGrain.Ended.Count(line => line.StartsWith(key, StringComparison.Ordinal)) == 3);

        // The hooks of this grain throw.
        Assert.Equal(["part", "state", "last", "activate"], await grain.StagesAsync());
    }

    [Theory(Timeout = 30_000)]
    [InlineData("interleave", "no")]
    [InlineData("no", "interleave")]
    public async Task MayInterleave_OfTheRequestOrTheRunningOne_LetsItIn(string running, string incoming)
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<IPredicateGrain>("a");

        var wait = grain.WaitAsync(running);
        Assert.Equal(incoming, await grain.RunAsync(incoming));

        await wait;
    }

    [Fact(Timeout = 30_000)]
    public async Task MayInterleave_ThatThrows_FailsTheCall()
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<IPredicateGrain>("a");
        var wait = grain.WaitAsync("no");

        var exception = await Assert.ThrowsAsync<OrleansException>(() => grain.RunAsync("throw"));

        Assert.Equal("boom", Assert.IsType<NotSupportedException>(exception.InnerException).Message);
        Assert.False(wait.IsCompleted);
        Assert.Equal("interleave", await grain.RunAsync("interleave"));
        await wait;
    }

    [Fact(Timeout = 30_000)]
    public async Task Turn_ThatBlocks_IsReported()
    {
        var clock = new ManualTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var logs = new CollectingLoggerProvider();
        await using var cluster = await TestClusters.StartAsync(
            clock: clock,
            configure: silo => silo.ConfigureLogging(logging => logging.AddProvider(logs))
                .Configure<SchedulingOptions>(options => options.TurnWarningLengthThreshold = TimeSpan.FromSeconds(2)));
        var grain = cluster.Client.GetGrain<IBlockingGrain>("slow");

        await BlockForAsync(TimeSpan.FromSeconds(1.9));
        Assert.DoesNotContain(logs.Lines, line => line.Id == 6107);
        await BlockForAsync(TimeSpan.FromSeconds(3));

        await TestClusters.UntilAsync(() => logs.Lines.Any(line => line.Id == 6107));
        Assert.Contains("blocking/slow", logs.Lines.First(line => line.Id == 6107).Text, StringComparison.Ordinal);

        async Task BlockForAsync(TimeSpan time)
        {
            var name = Guid.NewGuid().ToString("N");
            using var block = BlockingGrain.Blocks[name] = new ManualResetEventSlim();
            var call = grain.BlockUntilAsync(name);
            await TestClusters.UntilAsync(() => BlockingGrain.Started.ContainsKey(name));
            clock.Advance(time);
            block.Set();
            await call;
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Answer_BeforeATurnThatBlocks_ReachesItsCallerMeanwhile()
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<IBlockingGrain>("busy");
        var (first, last) = (Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N"));
        using var firstBlock = BlockingGrain.Blocks[first] = new ManualResetEventSlim();
        using var lastBlock = BlockingGrain.Blocks[last] = new ManualResetEventSlim();
        var opening = grain.BlockUntilAsync(first);
        await TestClusters.UntilAsync(() => BlockingGrain.Started.ContainsKey(first));
        var answer = grain.EchoAsync(7);
        var closing = grain.BlockUntilAsync(last);
        firstBlock.Set();

        Assert.Equal(7, await answer);
        Assert.False(closing.IsCompleted);

        lastBlock.Set();
        await Task.WhenAll(opening, closing);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(1, 1, false)]
    [InlineData(2, 1, true)]
    [InlineData(2, 0, false)]
    public async Task CollectionAge_MustBeLongerThanTheQuantum(int ageMinutes, int quantumMinutes, bool isValid)
    {
        async Task StartAsync()
        {
            await using var cluster = await TestClusters.StartAsync(configure: silo => silo.Configure<GrainCollectionOptions>(options =>
            {
                options.CollectionAge = TimeSpan.FromMinutes(ageMinutes);
                options.CollectionQuantum = TimeSpan.FromMinutes(quantumMinutes);
            }));
        }

        if (isValid)
        {
            await StartAsync();
        }
        else
        {
            var exception = await Assert.ThrowsAsync<OrleansConfigurationException>(StartAsync);
            Assert.Contains("Collection", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Validator_OfTheApplication_StopsTheStart() =>
        await Assert.ThrowsAsync<OrleansConfigurationException>(async () =>
        {
            await using var cluster = await TestClusters.StartAsync(
                configure: static silo => silo.Services.AddSingleton<IConfigurationValidator, Refusing>());
        });

    private sealed class Refusing : IConfigurationValidator
    {
        public void ValidateConfiguration() => throw new OrleansConfigurationException("not like this");
    }

    private sealed class CollectingLoggerProvider : ILoggerProvider, ILogger
    {
        public System.Collections.Concurrent.ConcurrentQueue<(int Id, string Text)> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue((eventId.Id, formatter(state, exception)));
    }
}

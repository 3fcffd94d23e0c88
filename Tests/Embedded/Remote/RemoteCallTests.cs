using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Embedded;

namespace OrleansFlow.Tests.Embedded.Remote;

/// <summary>Calls of a client in another process, through memory instead of a network: every byte goes through the protocol.</summary>
public sealed class RemoteCallTests : IAsyncLifetime
{
    private readonly string _key = Guid.NewGuid().ToString("N");
    private RemoteCluster _cluster = null!;

    private IRemoteTestGrain Grain => _cluster.Client.GetGrain<IRemoteTestGrain>(_key);

    public async ValueTask InitializeAsync() => _cluster = await RemoteCluster.StartAsync(
        client => client.Configure<ClientMessagingOptions>(options => options.MaxMessageBodySize = 1024 * 1024),
        silo => silo.Configure<SiloMessagingOptions>(options => options.MaxMessageBodySize = 1024 * 1024));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Call_OfEveryShape_Answers()
    {
        Assert.Equal($"{_key}: hello", await Grain.EchoAsync("hello"));
        Assert.Equal("number 7", await Grain.EchoAsync(7));
        Assert.Equal(42, await Grain.AddAsync(40, 2));
        await Grain.DoAsync();
        Assert.Equal(2, await Grain.CountAsync());
        var order = await Grain.ReorderAsync(new Order("nuts", [1, 2]), 3, 4);
        Assert.Equal("nuts", order.Name);
        Assert.Equal([1, 2, 3, 4], order.Amounts);
    }

    [Fact(Timeout = 30_000)]
    public async Task GenericMethod_IsCalledWithItsTypeArguments()
    {
        Assert.Equal("text", await Grain.TwiceAsync("text"));
        Assert.Equal(5, await Grain.TwiceAsync(5));
        Assert.Equal(["a", "b"], await Grain.TwiceAsync(new List<string> { "a", "b" }));
        Assert.Null(await Grain.TwiceAsync<Order?>(null));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenericInterface_IsCalledWithItsTypeArguments()
    {
        var box = _cluster.Client.GetGrain<IRemoteBox<int>>(5);
        await box.PutAsync(17);

        Assert.Equal(17, await box.GetAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task GenericClass_IsFoundAndCalled()
    {
        var shelf = _cluster.Client.GetGrain<IRemoteShelf<string, Order>>(_key);
        await shelf.PutAsync("a", new Order("bolts", [4]));

        Assert.Equal("bolts", (await shelf.GetAsync("a"))?.Name);
        Assert.Null(await shelf.GetAsync("b"));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenericClass_OverATypeThatMayNotTravel_IsRefused()
    {
        var id = GrainId.Create(
            $"{nameof(RemoteShelf<int, int>).ToLowerInvariant()}`2[[int],[{typeof(System.Diagnostics.Process).FullName},{typeof(System.Diagnostics.Process).Assembly.GetName().Name}]]", "x");
        var shelf = _cluster.Client.GetGrain<IRemoteShelf<string, Order>>(id);

        var failure = await Assert.ThrowsAsync<ArgumentException>(() => shelf.GetAsync("a"));

        Assert.Contains("not registered for serialization", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Failure_ArrivesWithTypeMessageMembersDataAndRemoteStack()
    {
        var failure = await Assert.ThrowsAsync<OutOfStockException>(() => Grain.FailAsync(3));

        Assert.Equal("3 are missing", failure.Message);
        Assert.Equal(3, failure.Missing);
        Assert.Equal("screw", failure.Data["article"]);
        Assert.Contains("RemoteTestGrain.FailAsync", failure.StackTrace, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task OneWayCalls_Arrive()
    {
        await Grain.NoteAsync("task");
        Grain.Mark("void");

        // Calls of one client to one grain arrive in order.
        Assert.Equal(["task", "void"], await Grain.NotesAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task RequestContext_TravelsWithTheCall()
    {
        RequestContext.Set("who", "tester");
        try
        {
            Assert.Equal("tester", await Grain.ContextAsync("who"));
            Assert.Null(await Grain.ContextAsync("what"));
        }
        finally
        {
            RequestContext.Clear();
        }

        Assert.Null(await Grain.ContextAsync("who"));
    }

    [Fact(Timeout = 30_000)]
    public async Task References_TravelBothWays()
    {
        var other = await Grain.OtherAsync(_key + "-other");

        Assert.Equal($"{_key}-other: hello", await other.EchoAsync("hello"));
        Assert.Equal($"{_key}-other: asked", await Grain.AskAsync(other));
    }

    [Fact(Timeout = 30_000)]
    public async Task Cancellation_ReachesTheCallee()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var call = Grain.WaitAsync("wait", stop.Token);
        await RemoteSignals.ReachedAsync(_key + "wait");

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await RemoteSignals.ReachedAsync(_key + "wait.cancelled");
        Assert.True(await Grain.WasCancelledAsync("wait"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GrainCancellationToken_CancelsTheCallee_EvenBehindAnother(bool throughAnother)
    {
        using var source = new GrainCancellationTokenSource();
        var name = _key + throughAnother;
        var waiting = Grains.CancelledGrain.Waiting[name] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var grain = _cluster.Client.GetGrain<Grains.ICancelledGrain>(_key);
        var call = throughAnother ? grain.WaitThroughAnotherAsync(source.Token, name) : grain.WaitAsync(source.Token, name);
        await waiting.Task;
        GC.Collect();

        await source.Cancel();

        Assert.True(await call);
        Assert.True(await grain.IsCancelledAsync(source.Token));
    }

    [Fact(Timeout = 30_000)]
    public async Task GrainCancellationToken_CancelsWhatACalleeLeftBehind_AndFailsByItsCallbacks()
    {
        using var source = new GrainCancellationTokenSource();
        var grain = _cluster.Client.GetGrain<Grains.ICancelledGrain>(_key);
        Assert.False(await grain.IsCancelledAsync(source.Token));
        await grain.ThrowFromCallbackAsync(source.Token);

        var exception = await Assert.ThrowsAsync<AggregateException>(source.Cancel);

        Assert.Equal("from a callback", exception.InnerException?.Message);
        await source.Cancel();
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancellations_InTheMidstOfAnswers_HitNoOtherCall()
    {
        // Requests are reused: a late cancellation of one call must not find the next one in its place.
        for (var round = 0; round < 100; round++)
        {
            var calls = Enumerable.Range(0, 60).Select(async number =>
            {
                using var stop = new CancellationTokenSource();
                var call = Grain.SlowlyAsync(number, stop.Token);
                if (number % 2 == 0)
                {
                    return await call == number;
                }

                await Task.Yield();
                await stop.CancelAsync();
                try
                {
                    return await call == number;
                }
                catch (OperationCanceledException)
                {
                    return true;
                }
            });

            Assert.DoesNotContain(false, await Task.WhenAll(calls));
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_WithoutAnswer_TimesOut()
    {
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => Grain.NeverAsync());

        Assert.Contains(nameof(IRemoteTestGrain.NeverAsync), failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task ManyCallsAtOnce_AreEachAnsweredOnce()
    {
        var grains = Enumerable.Range(0, 10).Select(number => _cluster.Client.GetGrain<IRemoteTestGrain>($"{_key}-{number}")).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 5000).Select(number => grains[number % 10].AddAsync(number, 1).AsTask()));

        Assert.Equal(Enumerable.Range(1, 5000), answers);
    }

    [Fact(Timeout = 30_000)]
    public async Task Message_OfTheLargestSize_Passes_AndALargerOneFailsItsCallAlone()
    {
        Assert.Equal(1_000_000, (await Grain.BytesAsync(new byte[1_000_000], 1_000_000)).Length);

        var tooLargeRequest = await Assert.ThrowsAsync<LimitExceededException>(() => Grain.BytesAsync(new byte[1_100_000], 0));
        var tooLargeAnswer = await Assert.ThrowsAsync<LimitExceededException>(() => Grain.BytesAsync([], 1_100_000));

        Assert.Contains("MaxMessageBodySize", tooLargeRequest.Message, StringComparison.Ordinal);
        Assert.Contains("MaxMessageBodySize", tooLargeAnswer.Message, StringComparison.Ordinal);
        Assert.Equal(3, await Grain.AddAsync(1, 2));
    }

    [Fact(Timeout = 30_000)]
    public async Task OutgoingFilters_OfTheClient_SeeTheCall()
    {
        var seen = new List<string>();
        await using var cluster = await RemoteCluster.StartAsync(client => client.AddOutgoingGrainCallFilter(async context =>
        {
            seen.Add($"{context.InterfaceMethod.Name} of {context.TargetId.Key}");
            await context.Invoke();
            context.Result = (int)context.Result! + 1;
        }));

        Assert.Equal(4, await cluster.Client.GetGrain<IRemoteTestGrain>(_key).AddAsync(1, 2));
        Assert.Equal([$"AddAsync of {_key}"], seen);
    }

    [Fact(Timeout = 30_000)]
    public async Task UnknownGrain_IsNamed()
    {
        var failure = Assert.Throws<ArgumentException>(() => _cluster.Client.GetGrain<IUnservedGrain>("x"));
        Assert.Contains(nameof(IUnservedGrain), failure.Message, StringComparison.Ordinal);

        var wrong = _cluster.Client.GetGrain<IRemoteTestGrain>(GrainId.Create("nosuchtype", "x"));
        var call = await Assert.ThrowsAsync<ArgumentException>(() => wrong.CountAsync());
        Assert.Contains("nosuchtype", call.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClientAndSilo_OnOneHost_AreRefused()
    {
        var services = new ServiceCollection();
        ClientServices.AddOnce(services);

        Assert.Throws<OrleansConfigurationException>(() => SiloServices.AddOnce(services));

        services = new ServiceCollection();
        SiloServices.AddOnce(services);

        Assert.Throws<OrleansConfigurationException>(() => ClientServices.AddOnce(services));
    }
}

public interface IUnservedGrain : IGrainWithStringKey
{
    Task DoAsync();
}

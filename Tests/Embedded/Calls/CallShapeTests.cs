using Orleans.Concurrency;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>Every form that a grain method may have.</summary>
public sealed class CallShapeTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private ICallShapesGrain Grain => _cluster.Client.GetGrain<ICallShapesGrain>("a");

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task DefaultArguments_AreThoseOfTheInterface()
    {
        Assert.Equal("1 text Loud 1.5 null", await Grain.DefaultsAsync(1));
        Assert.Equal("1 other Quiet 2 3", await Grain.DefaultsAsync(1, "other", Tone.Quiet, 2m, 3, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task ClassInSeveralParts_WhicheverNamesTheBase_IsAGrain()
    {
        var grain = _cluster.Client.GetGrain<ISplitGrain>("k");

        Assert.Equal(("first k", "second k"), (await grain.FirstAsync(), await grain.SecondAsync()));
    }

    [Fact(Timeout = 30_000)]
    public async Task ParamsArguments_ArriveAsAnArray()
    {
        Assert.Equal("head:", await Grain.ParamsAsync("head"));
        Assert.Equal("head:1,2,3", await Grain.ParamsAsync("head", 1, 2, 3));
    }

    [Fact(Timeout = 30_000)]
    public async Task Overloads_ByTypeCountAndTypeParameters_AreToldApart()
    {
        Assert.Equal("int", await Grain.OverloadAsync(1));
        Assert.Equal("long", await Grain.OverloadAsync(1L));
        Assert.Equal("int and string", await Grain.OverloadAsync(1, "x"));
        Assert.Equal("list", await Grain.OverloadAsync([1]));
        Assert.Equal("any String", await Grain.OverloadAsync("x"));
        Assert.Equal("any Int32", await Grain.OverloadAsync<int>(1));
    }

    [Fact(Timeout = 30_000)]
    public async Task GenericMethod_OfSeveralConstrainedParameters_IsCalled()
    {
        Assert.Equal("seven", await Grain.FindAsync<int, string>(7));
        Assert.Null(await Grain.FindAsync<Guid, string>(Guid.Empty));
    }

    [Fact(Timeout = 30_000)]
    public async Task ValueTasks_OfMethodsThatWait_AreAwaited()
    {
        await Grain.LaterAsync();

        Assert.Equal(2, await Grain.LaterAsync(1));
        var several = await Task.WhenAll(Enumerable.Range(0, 3).Select(value => Grain.LaterAsync(value).AsTask()));
        Assert.Equal([1, 2, 3], several);
    }

    [Fact(Timeout = 30_000)]
    public async Task TuplesCollectionsAndNulls_Travel()
    {
        Assert.Equal((3, "a=1,2;b="), await Grain.TupleAsync((1, 2), new() { ["a"] = [1, 2], ["b"] = [] }));
        Assert.Equal(5, await Grain.NullableAsync(5, null));
        Assert.Null(await Grain.NullableAsync(5, "text"));
        Assert.Null(await Grain.NullableAsync(null, null));
    }

    [Fact(Timeout = 30_000)]
    public async Task ImmutableOfT_AndImmutableMembers_AreHandedOver()
    {
        Assert.True(await Grain.IsSameAsync(new Immutable<byte[]>(CallShapesGrain.Bytes)));
        Assert.False(await Grain.IsSameAsync(new Immutable<byte[]>([1, 2, 3])));
        Assert.Same(CallShapesGrain.Bytes, (await Grain.GetSameAsync()).Value);
        Assert.True(await Grain.IsSameMemberAsync(new Envelope { Shared = CallShapesGrain.Bytes, Copied = CallShapesGrain.Bytes }));
    }

    [Fact(Timeout = 30_000)]
    public async Task UnorderedMethod_IsCalledAsOthers() => Assert.Equal(7, await Grain.UnorderedAsync(7));

    [Fact(Timeout = 30_000)]
    public async Task OneWayMethod_ThatFails_TellsNobody_AndTheGrainGoesOn()
    {
        await Grain.FailSilentlyAsync();
        Fail(Grain);

        Assert.Equal(1, await Grain.UnorderedAsync(1));

        static void Fail(ICallShapesGrain grain) => grain.FailVoid();
    }

    [Fact(Timeout = 30_000)]
    public async Task OneWayMethod_IsNotWaitedFor_ButHoldsTheGrainsTurn()
    {
        var gate = Guid.NewGuid().ToString("N");
        var sent = Grain.HoldSilentlyAsync(gate);
        Assert.True(sent.IsCompletedSuccessfully);
        await sent;
        var next = Grain.UnorderedAsync(1);
        await TestClusters.UntilAsync(() => Gates.EnteredCount(gate) == 1);
        Assert.False(next.IsCompleted);

        Gates.Open(gate);

        Assert.Equal(1, await next);
    }

    [Fact(Timeout = 30_000)]
    public async Task Exceptions_ArriveWithTypeMessageInnerDataAndStack()
    {
        var plain = await Assert.ThrowsAsync<InvalidOperationException>(() => Grain.ThrowAsync("plain"));
        var outer = await Assert.ThrowsAsync<InvalidOperationException>(() => Grain.ThrowAsync("inner"));
        var aggregate = await Assert.ThrowsAsync<AggregateException>(() => Grain.ThrowAsync("aggregate"));
        var argument = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Grain.ThrowAsync("argument"));

        Assert.Equal(("plain", 3, "ada"), (plain.Message, plain.Data["count"], plain.Data["name"]));
        Assert.Contains(nameof(CallShapesGrain.ThrowAsync), plain.StackTrace, StringComparison.Ordinal);
        Assert.Equal("inner", Assert.IsType<KeyNotFoundException>(outer.InnerException).Message);
        Assert.Equal([typeof(TimeoutException), typeof(FormatException)], aggregate.InnerExceptions.Select(inner => inner.GetType()));
        Assert.Equal(("kind", "argument"), (argument.ParamName, argument.ActualValue));
    }

    [Fact(Timeout = 30_000)]
    public async Task Cancellation_ThrownByTheGrain_CancelsTheCallersTask()
    {
        var call = Grain.ThrowAsync("cancelled");
        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => call);

        Assert.Equal("given up", exception.Message);
        Assert.True(call.IsCanceled);
    }

    [Fact(Timeout = 30_000)]
    public async Task References_OfEveryKind_AreOneAndTheSame() => Assert.Equal("True,True,True,True,True", await Grain.ReferencesAsync());

    [Fact]
    public void GetGrain_InEveryForm_GivesTheSameReference()
    {
        var client = _cluster.Client;
        var typed = client.GetGrain<ICallShapesGrain>("a");
        var guid = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

        Assert.Equal(typed, client.GetGrain<ICallShapesGrain>("a", nameof(OrleansFlow) + ".Tests.Embedded.Grains.CallShapes"));
        Assert.Equal(typed, client.GetGrain(typeof(ICallShapesGrain), "a"));
        Assert.Equal(typed, client.GetGrain<ICallShapesGrain>(typed.GetGrainId()));
        Assert.Equal(typed, client.GetGrain(typed.GetGrainId()));
        Assert.Equal(typed, client.GetGrain(typed.GetGrainId(), ((GrainReference)(object)typed).InterfaceType));
        Assert.Equal(typed, client.GetGrain(typeof(ICallShapesGrain), IdSpan.Create("a")));
        Assert.Equal(typed, client.GetGrain(typeof(ICallShapesGrain), IdSpan.Create("a"), ""));
        Assert.Equal(client.GetGrain<IKeyedByGuid>(guid), client.GetGrain(typeof(IKeyedByGuid), guid));
        Assert.Equal(client.GetGrain<IKeyedByInteger>(5), client.GetGrain(typeof(IKeyedByInteger), 5));
        Assert.Equal(client.GetGrain<IKeyedByCompound>(5, "x"), client.GetGrain(typeof(IKeyedByCompound), 5, "x"));
    }
}

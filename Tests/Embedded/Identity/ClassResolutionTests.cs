using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Identity;

/// <summary>Which class serves an interface, and which member serves a call.</summary>
public sealed class ClassResolutionTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public void Interface_WithSeveralClasses_NeedsAChoice()
    {
        var exception = Assert.Throws<ArgumentException>(() => _cluster.Client.GetGrain<IShapeGrain>("a"));

        Assert.Contains("RoundShapeGrain", exception.Message, StringComparison.Ordinal);
        Assert.Contains("SquareShapeGrain", exception.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("OrleansFlow.Tests.Embedded.Grains.Square", "square")]
    [InlineData("OrleansFlow.Tests.Embedded.Grains.RoundShapeGrain", "round")]
    [InlineData("OrleansFlow.Tests.Embedded.Grains.RoundShapeGrainD", "round deluxe")]
    public async Task ClassNamePrefix_ChoosesTheClass(string prefix, string name) =>
        Assert.Equal(name, await _cluster.Client.GetGrain<IShapeGrain>("a", prefix).NameAsync());

    [Theory]
    [InlineData("OrleansFlow.Tests.Embedded.Grains.Round")]
    [InlineData("NoSuchClass")]
    public void ClassNamePrefix_ThatFitsNoneOrSeveral_IsRefused(string prefix) =>
        Assert.Throws<ArgumentException>(() => _cluster.Client.GetGrain<IShapeGrain>("a", prefix));

    [Fact(Timeout = 30_000)]
    public async Task BaseInterface_OfAGrainsInterface_CanBeCalledOnItsReference()
    {
        var special = _cluster.Client.GetGrain<ISpecialShapeGrain>("a");

        Assert.Equal("square", await special.NameAsync());
        Assert.Equal("square", await special.AsReference<IShapeGrain>().NameAsync());
        Assert.Equal("special", await special.AsReference<IShapeGrain>().Cast<ISpecialShapeGrain>().SpecialAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_OfAnInterfaceThatTheClassLacks_Fails()
    {
        var round = _cluster.Client.GetGrain<IShapeGrain>("a", "OrleansFlow.Tests.Embedded.Grains.RoundShapeGrain");

        await Assert.ThrowsAsync<InvalidCastException>(() => round.AsReference<ISpecialShapeGrain>().SpecialAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task DefaultGrainType_OfTheInterface_ChoosesTheClass()
    {
        Assert.Equal("second", await _cluster.Client.GetGrain<IChoiceGrain>("a").NameAsync());
        Assert.Equal("first", await _cluster.Client.GetGrain<IChoiceGrain>("a", "OrleansFlow.Tests.Embedded.Grains.First").NameAsync());
        Assert.Equal("second-choice", _cluster.Client.GetGrain<IChoiceGrain>("a").GetGrainId().Type.ToString());
    }

    [Fact(Timeout = 30_000)]
    public async Task PlainClass_WithoutAnyBase_IsAGrain() =>
        Assert.Equal("key", await _cluster.Client.GetGrain<IPlainGrain>("key").KeyAsync());

    [Fact(Timeout = 30_000)]
    public async Task InterfaceMethod_WithABody_RunsInTheGrain()
    {
        var grain = _cluster.Client.GetGrain<IPlainGrain>("key");

        Assert.Equal("hello from the interface", await grain.GreetAsync());
        Assert.Equal("this", await grain.OverriddenAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task PrivateNestedClass_IsAGrain() =>
        Assert.Equal("hidden", await _cluster.Client.GetGrain<IHiddenGrain>("a").NameAsync());

    [Fact(Timeout = 30_000)]
    public async Task Overloads_AreToldApart()
    {
        var grain = _cluster.Client.GetGrain<IOverloadedGrain>("a");

        Assert.Equal("int", await grain.SayAsync(1));
        Assert.Equal("long", await grain.SayAsync(1L));
        Assert.Equal("x times 2", await grain.SayAsync("x"));
        Assert.Equal("x times 3", await grain.SayAsync("x", 3));
        Assert.Equal("x and 2 more", await grain.SayAsync("x", "y", "z"));
        Assert.Equal("DayOfWeek Monday Friday", await grain.SayAsync(DayOfWeek.Monday, DayOfWeek.Friday));
    }

    [Fact]
    public void GetGrain_ByType_GivesTheTypedReference()
    {
        var grain = _cluster.Client.GetGrain(typeof(IPlainGrain), "key");

        Assert.IsAssignableFrom<IPlainGrain>(grain);
        Assert.Equal("key", grain.GetPrimaryKeyString());
        Assert.Throws<ArgumentException>(() => _cluster.Client.GetGrain(typeof(IDisposable), "key"));
    }
}

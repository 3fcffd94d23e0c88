using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Identity;

/// <summary>Generic grain classes and interfaces, and methods with type parameters.</summary>
public sealed class GenericGrainTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task GenericGrain_OfDifferentArguments_IsDifferentGrains()
    {
        var numbers = _cluster.Client.GetGrain<IHolderGrain<int>>("a");
        var texts = _cluster.Client.GetGrain<IHolderGrain<string>>("a");
        var lists = _cluster.Client.GetGrain<IHolderGrain<List<int[]>>>("a");
        await numbers.PutAsync(7);
        await texts.PutAsync("seven");
        await lists.PutAsync([[7]]);

        Assert.Equal(7, await numbers.GetAsync());
        Assert.Equal("seven", await texts.GetAsync());
        Assert.Equal([[7]], (await lists.GetAsync())!);
        Assert.Equal("Int32 holder`1[[int]]", await numbers.WhoAsync());
        Assert.Equal("String holder`1[[string]]", await texts.WhoAsync());
        Assert.Equal(3, new HashSet<GrainId> { numbers.GetGrainId(), texts.GetGrainId(), lists.GetGrainId() }.Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task GenericGrain_FoundByItsId_IsTheSameGrain()
    {
        var grain = _cluster.Client.GetGrain<IHolderGrain<Dictionary<string, DayOfWeek?>>>("by id");
        await grain.PutAsync(new() { ["x"] = DayOfWeek.Friday });
        var id = GrainId.Parse(grain.GetGrainId().ToString());

        var typed = _cluster.Client.GetGrain<IHolderGrain<Dictionary<string, DayOfWeek?>>>(id);
        var byName = (IHolderGrain<Dictionary<string, DayOfWeek?>>)_cluster.Client.GetGrain(id, ((GrainReference)(object)grain).InterfaceType);

        Assert.Equal(DayOfWeek.Friday, (await typed.GetAsync())!["x"]);
        Assert.Equal(DayOfWeek.Friday, (await byName.GetAsync())!["x"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task GenericClass_WithArgumentsInAnotherOrder_ServesTheInterface() =>
        Assert.Equal("String,Int32", await _cluster.Client.GetGrain<IPairGrain<string, int>>(1).TypesAsync());

    [Fact(Timeout = 30_000)]
    public async Task GenericClass_WithArgumentsInsideTheInterfaces_ServesTheInterface()
    {
        Assert.Equal("String Int32", await _cluster.Client.GetGrain<INestedArgumentGrain<Dictionary<string, int[]>>>("a").NameAsync());
        Assert.Throws<ArgumentException>(() => _cluster.Client.GetGrain<INestedArgumentGrain<List<int>>>("a"));
    }

    [Fact(Timeout = 30_000)]
    public async Task ClosedClass_OfAGenericInterface_WinsOverTheOpenOne()
    {
        Assert.Equal("int", await _cluster.Client.GetGrain<IClosedGrain<int>>("a").NameAsync());
        Assert.Equal("anything", await _cluster.Client.GetGrain<IClosedGrain<string>>("a").NameAsync());
    }

    [Fact]
    public void GenericInterface_WithAnAlias_IsNamedByIt() =>
        Assert.Equal(
            "closed-of[[System.DayOfWeek,System.Private.CoreLib]]",
            ((GrainReference)(object)_cluster.Client.GetGrain<IClosedGrain<DayOfWeek>>("a")).InterfaceType.ToString());

    [Fact(Timeout = 30_000)]
    public async Task GenericMethod_OfAGenericGrain_KeepsBothTypes() =>
        Assert.Equal(2.5, await _cluster.Client.GetGrain<IHolderGrain<int>>("m").ConvertAsync(null, 2.5));

    [Theory(Timeout = 30_000)]
    [InlineData("holder`1[[No.Such.Type,Nowhere]]/a")]
    [InlineData("holder`1[[int]/a")]
    [InlineData("holder`1[[int],[int]]/a")]
    public async Task GenericGrain_OfAnImpossibleId_IsRefused(string id)
    {
        var grain = _cluster.Client.GetGrain<IHolderGrain<int>>(GrainId.Parse(id));

        await Assert.ThrowsAnyAsync<ArgumentException>(() => grain.GetAsync());
    }
}

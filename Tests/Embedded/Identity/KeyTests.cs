using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Identity;

/// <summary>Keys in all their forms. Expected texts and exception types were observed on Orleans.Core.Abstractions 10.4.2.</summary>
public sealed class KeyTests : IAsyncLifetime
{
    private static readonly Guid SomeGuid = new("0f8fad5b-d9cb-469f-a165-70867728950e");
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task CompoundKeys_ReachTheGrainWhole()
    {
        Assert.Equal(
            $"guidcompound/0f8fad5bd9cb469fa16570867728950e+a+b {SomeGuid} a+b",
            await _cluster.Client.GetGrain<IGuidCompoundGrain>(SomeGuid, "a+b").KeyAsync());
        Assert.Equal(
            "integercompound/FFFFFFFFFFFFFFFB+x -5 x",
            await _cluster.Client.GetGrain<IIntegerCompoundGrain>(-5, "x").KeyAsync());
        Assert.Equal(
            "integercompound/5+x 5 x",
            await ((IIntegerCompoundGrain)_cluster.Client.GetGrain(typeof(IIntegerCompoundGrain), 5, "x")).KeyAsync());
        Assert.Equal(
            $"guidcompound/0f8fad5bd9cb469fa16570867728950e+y {SomeGuid} y",
            await ((IGuidCompoundGrain)_cluster.Client.GetGrain(typeof(IGuidCompoundGrain), SomeGuid, "y")).KeyAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void CompoundKey_WithoutAnExtension_IsRefused(string extension)
    {
        Assert.Throws<ArgumentException>(() => _cluster.Client.GetGrain<IGuidCompoundGrain>(SomeGuid, extension));
        Assert.Throws<ArgumentException>(() => _cluster.Client.GetGrain<IIntegerCompoundGrain>(1, extension));
    }

    [Fact]
    public void StringKey_ReadAsAnotherKind_IsRefused()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("hello");

        Assert.Throws<InvalidOperationException>(() => grain.GetPrimaryKeyLong());
        Assert.Throws<InvalidOperationException>(() => grain.GetPrimaryKey());
        Assert.Throws<ArgumentException>(() => grain.GetGrainId().GetIntegerKey());
        Assert.Throws<ArgumentException>(() => grain.GetGrainId().GetGuidKey());
        Assert.Equal("hello", grain.GetPrimaryKeyString());
    }

    [Theory]
    [InlineData("a/b/c", "a", "b/c")]
    [InlineData("a/", "a", "")]
    [InlineData("/b", "", "b")]
    public void GrainId_Parse_SplitsAtTheFirstSlash(string text, string type, string key)
    {
        var id = GrainId.Parse(text);

        Assert.Equal((type, key), (id.Type.ToString(), id.Key.ToString()));
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("noslash")]
    public void GrainId_ParseWithoutASlash_IsRefused(string text)
    {
        Assert.Throws<ArgumentException>(() => GrainId.Parse(text));
        Assert.False(GrainId.TryParse(text, out _));
    }

    [Fact]
    public void GetGrain_ByTheBytesOfAKey_IsTheSameGrain() => Assert.Equal(
        _cluster.Client.GetGrain<ICounterGrain>("k").GetGrainId(),
        _cluster.Client.GetGrain<ICounterGrain>(IdSpan.Create("k")).GetGrainId());

    [Fact]
    public void References_ToOneGrain_AreEqual()
    {
        var one = (GrainReference)(object)_cluster.Client.GetGrain<ISpecialShapeGrain>("k");
        var other = (GrainReference)(object)_cluster.Client.GetGrain<ISpecialShapeGrain>("k").AsReference<IShapeGrain>();

        Assert.True(one == other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.False(one == (GrainReference)(object)_cluster.Client.GetGrain<ISpecialShapeGrain>("l"));
    }
}

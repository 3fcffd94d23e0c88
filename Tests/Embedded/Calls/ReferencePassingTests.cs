using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;
using Directory = OrleansFlow.Tests.Embedded.Grains.Directory;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>References and exceptions on their way between grains.</summary>
public sealed class ReferencePassingTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private IPassedGrain A => _cluster.Client.GetGrain<IPassedGrain>("a");

    private IPassedGrain B => _cluster.Client.GetGrain<IPassedGrain>("b");

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(silos: 2);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Reference_AsArgument_CanBeCalled() => Assert.Equal("b by reference", await A.KeyOfAsync(B));

    [Fact(Timeout = 30_000)]
    public async Task References_InsideAMessage_CanBeCalled() => Assert.Equal(
        ["one=a", "two=b"],
        (await _cluster.Client.GetGrain<IPassedGrain>("c").KeysOfAsync(new Directory { Entries = { ["one"] = A, ["two"] = B } })).Order());

    [Fact(Timeout = 30_000)]
    public async Task Reference_AsResult_CanBeCalled()
    {
        var reference = await A.ReferenceAsync();

        Assert.Equal("a", await reference.KeyAsync());
        Assert.Equal(A, reference);
    }

    [Fact(Timeout = 30_000)]
    public async Task GrainObject_HandedOut_ArrivesAsAReference()
    {
        Assert.IsAssignableFrom<GrainReference>(await A.ThisAsync());
        Assert.Equal("a by reference", await A.PassThisAsync(B));
    }

    [Fact(Timeout = 30_000)]
    public async Task ForeignObject_InPlaceOfAReference_IsRefused() =>
        await Assert.ThrowsAsync<NotSupportedException>(() => A.KeyOfAsync(new Fake()));

    [Fact(Timeout = 30_000)]
    public async Task Exception_OfTheApplication_ArrivesWithAllItHolds()
    {
        var exception = await Assert.ThrowsAsync<OrderException>(() => A.ThrowAsync());

        Assert.Equal("no such order", exception.Message);
        Assert.Equal(17, exception.Number);
        Assert.Equal("ada", exception.Data["customer"]);
        Assert.IsType<TimeoutException>(exception.InnerException);
        Assert.Contains($"{nameof(PassedGrain)}.{nameof(PassedGrain.ThrowAsync)}", exception.StackTrace, StringComparison.Ordinal);
    }

    private sealed class Fake : IPassedGrain
    {
        public Task<string> KeyAsync() => Task.FromResult("fake");

        public Task<string> KeyOfAsync(IPassedGrain other) => throw new NotSupportedException();

        public Task<List<string>> KeysOfAsync(Directory directory) => throw new NotSupportedException();

        public Task<IPassedGrain> ThisAsync() => throw new NotSupportedException();

        public Task<IPassedGrain> ReferenceAsync() => throw new NotSupportedException();

        public Task<string> PassThisAsync(IPassedGrain receiver) => throw new NotSupportedException();

        public Task<string> ThrowAsync() => throw new NotSupportedException();
    }
}

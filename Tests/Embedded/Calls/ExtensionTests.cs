using Orleans.Core.Internal;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>Extensions: registered for every grain, attached by a grain, or absent.</summary>
public sealed class ExtensionTests : IAsyncLifetime
{
    private readonly List<string> _filtered = [];
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(configure: silo => silo
        .AddGrainExtension<INoteExtension, NoteExtension>()
        .AddIncomingGrainCallFilter(context =>
        {
            if (context.Grain is INoteExtension)
            {
                _filtered.Add($"{context.MethodName} {context.ImplementationMethod.DeclaringType!.Name}");
            }

            return context.Invoke();
        }));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task RegisteredExtension_OfAnyGrain_IsMadeOnceForEachActivation()
    {
        var grain = _cluster.Client.GetGrain<IPlainGrain>("a");
        var extension = grain.AsReference<INoteExtension>();

        Assert.Equal("plain/a: x 1", await extension.NoteAsync("x"));
        Assert.Equal("plain/a: y 2", await extension.NoteAsync("y"));
        Assert.Equal("plain/b: z 1", await _cluster.Client.GetGrain<IPlainGrain>("b").AsReference<INoteExtension>().NoteAsync("z"));
        Assert.Equal("in the turns of its grain", await extension.WhereAsync());
        Assert.Equal("a", await grain.KeyAsync());
        Assert.Contains("NoteAsync NoteExtension", _filtered);
    }

    [Fact(Timeout = 30_000)]
    public async Task AttachedExtension_SharesTheGrainsState()
    {
        var grain = _cluster.Client.GetGrain<IExtendedGrain>("a");
        var extension = grain.AsReference<IValueExtension<int>>();

        Assert.Equal(5, await extension.GetAsync());
        await extension.SetAsync(6);

        Assert.Equal(6, await grain.ValueAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Extension_ThatIsNotInstalled_FailsByName()
    {
        var extension = _cluster.Client.GetGrain<IPlainGrain>("a").AsReference<IValueExtension<string>>();

        var exception = await Assert.ThrowsAsync<GrainExtensionNotInstalledException>(() => extension.GetAsync());

        Assert.Contains(nameof(IValueExtension<>), exception.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Binder_AttachesOnce_AndGivesAReference()
    {
        var (isSame, note) = await _cluster.Client.GetGrain<IExtendedGrain>("bound").BindAsync();

        Assert.True(isSame);
        Assert.Equal("extended/bound: by reference 1", note);
    }

    [Fact(Timeout = 30_000)]
    public async Task ManagementExtension_EndsTheActivation()
    {
        var grain = _cluster.Client.GetGrain<ICounterGrain>("a");
        var first = await grain.ActivationAsync();

        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle(TestContext.Current.CancellationToken);
        var second = await grain.ActivationAsync();
        await grain.AsReference<IGrainManagementExtension>().MigrateOnIdle(TestContext.Current.CancellationToken);
        var third = await grain.ActivationAsync();

        Assert.Equal(3, new HashSet<Guid> { first, second, third }.Count);
    }
}

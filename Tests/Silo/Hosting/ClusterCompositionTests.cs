using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Tests.Silo.Hosting;

/// <summary>Goal: settings that need a cluster of silos are refused, not ignored, where there can be none.</summary>
public sealed class ClusterCompositionTests
{
#if EMBEDDED_RUNTIME
    [Theory]
    [InlineData("OrleansFlow:Storage:Provider", "AdoNet", true)]
    [InlineData("OrleansFlow:Storage:Provider", "adonet", true)]
    [InlineData("OrleansFlow:Storage:Provider", "Sqlite", false)]
    [InlineData("Unrelated", "AdoNet", false)]
    public void AddOrleansFlow_WithOrleansStorage_IsRefused(string key, string value, bool isRefused)
    {
        var refused = Record.Exception(() => Compose(key, value, silo => silo.AddOrleansFlow()));

        Assert.Equal(isRefused ? FlowErrorCode.BadOption : null, (refused as FlowException)?.Code);
        Assert.Equal(isRefused, refused is not null);
    }

    [Theory]
    [InlineData("Orleans:Clustering:ProviderType", true)]
    [InlineData("Orleans:ClusterId", false)]
    public void Join_OfALargerCluster_IsRefused(string key, bool isRefused)
    {
        var refused = Record.Exception(() => Compose(key, "Redis", silo => ClusterComposition.Join(silo, "c")));

        Assert.Equal(isRefused ? FlowErrorCode.BadOption : null, (refused as FlowException)?.Code);
        Assert.Equal(isRefused, refused is not null);
    }
#endif

    private static void Compose(string key, string value, Action<ISiloBuilder> compose)
    {
        var host = Host.CreateEmptyApplicationBuilder(null);
        host.Configuration.AddInMemoryCollection([new(key, value)]);
        host.UseOrleans(compose);
    }
}

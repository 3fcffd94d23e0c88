using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

public sealed class FilterTests
{
    [Fact(Timeout = 30_000)]
    public async Task RequestContext_FlowsAlongTheCallChain()
    {
        await using var cluster = await TestClusters.StartAsync();
        RequestContext.Set("user", "ada");

        Assert.Equal("ada", await cluster.Client.GetGrain<IContextGrain>("a").ReadAsync("user"));
        Assert.Equal("x", await cluster.Client.GetGrain<IContextGrain>("a").SetAndReadOtherAsync("other", "x"));

        Assert.Null(RequestContext.Get("other"));
        RequestContext.Clear();
        Assert.Null(await cluster.Client.GetGrain<IContextGrain>("a").ReadAsync("user"));
    }

    [Fact(Timeout = 30_000)]
    public async Task RequestContext_SetInACall_EndsWithIt()
    {
        await using var cluster = await TestClusters.StartAsync();
        var grain = cluster.Client.GetGrain<IContextGrain>("a");

        await grain.SetAsync("key", "leak");

        Assert.Null(await grain.ReadAsync("key"));
        Assert.True(RequestContext.Get("key") is null);
    }

    [Fact(Timeout = 30_000)]
    public async Task Filters_SeeTheCallFromBothSides()
    {
        var seen = new List<string>();
        await using var cluster = await TestClusters.StartAsync(configure: silo => silo
            .AddIncomingGrainCallFilter(async context =>
            {
                lock (seen)
                {
                    seen.Add($"in {context.InterfaceMethod.Name} {context.ImplementationMethod.DeclaringType!.Name} {context.TargetId} {context.SourceId}");
                }

                await context.Invoke();
            })
            .AddOutgoingGrainCallFilter(async context =>
            {
                lock (seen)
                {
                    seen.Add($"out {context.MethodName} {context.TargetId} {context.SourceId}");
                }

                await context.Invoke();
            }));

        await cluster.Client.GetGrain<IContextGrain>("a").SetAndReadOtherAsync("k", "v");

        Assert.Equal(
            [
                "in SetAndReadOtherAsync ContextGrain context/a ",
                "out ReadAsync context/other context/a",
                "in ReadAsync ContextGrain context/other context/a",
            ],
            seen);
    }

    [Fact(Timeout = 30_000)]
    public async Task IncomingFilter_MayChangeArgumentsAndAnswer()
    {
        await using var cluster = await TestClusters.StartAsync(configure: silo => silo.AddIncomingGrainCallFilter(async context =>
        {
            if (context.MethodName == nameof(IContextGrain.AddAsync))
            {
                context.Request.SetArgument(0, 100);
            }

            await context.Invoke();
            if (context.Result is int sum)
            {
                context.Result = sum + 1;
            }
        }));

        Assert.Equal(103, await cluster.Client.GetGrain<IContextGrain>("a").AddAsync(1, 2));
        Assert.Equal(1021, await cluster.Client.GetGrain<IContextGrain>("own filter").AddAsync(1, 2));
    }

    [Fact(Timeout = 30_000)]
    public async Task Filter_MayHandleAFailure()
    {
        await using var cluster = await TestClusters.StartAsync(configure: silo => silo.AddIncomingGrainCallFilter(async context =>
        {
            try
            {
                await context.Invoke();
            }
            catch (InvalidOperationException exception)
            {
                throw new NotSupportedException("translated", exception);
            }
        }));

        var failure = await Assert.ThrowsAsync<NotSupportedException>(() => cluster.Client.GetGrain<IContextGrain>("a").FailAsync());

        Assert.Equal("at once", failure.InnerException!.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task OutgoingFilter_OfTheClient_SeesItsCalls()
    {
        var filter = new CountingFilter();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureClient(client => client.Services.AddSingleton<IOutgoingGrainCallFilter>(filter));
        await using var cluster = builder.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);

        Assert.Equal(3, await cluster.Client.GetGrain<IContextGrain>("a").AddAsync(1, 2));

        Assert.Equal(1, filter.Count);
    }

    private sealed class CountingFilter : IOutgoingGrainCallFilter
    {
        public int Count { get; private set; }

        public Task Invoke(IOutgoingGrainCallContext context)
        {
            Count++;
            return context.Invoke();
        }
    }
}

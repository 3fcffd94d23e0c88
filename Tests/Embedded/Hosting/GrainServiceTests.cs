using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>Grain services: one in each silo, started and stopped with it.</summary>
public sealed class GrainServiceTests
{
    [Fact(Timeout = 30_000)]
    public async Task Service_LivesAsLongAsItsSilo()
    {
        var log = new TallyLog();
        await using (var cluster = await TestClusters.StartAsync(configure: silo => Compose(silo, log)))
        {
            Assert.Equal(["init", "start Started 1"], log.Lines);
            var silo = cluster.Silos[0].SiloAddress;

            Assert.Equal($"a 1 in {silo}", await cluster.Client.GetGrain<ITallyingGrain>("a").AddAsync());
            Assert.Equal($"b 2 in {silo}", await cluster.Client.GetGrain<ITallyingGrain>("b").AddAsync());
            Assert.True(await cluster.Client.GetGrain<ITallyingGrain>("b").RunsInTurnsAsync());
            await cluster.StopAllSilosAsync();
        }

        Assert.Equal("stop", log.Lines.Last());
    }

    [Fact(Timeout = 30_000)]
    public async Task Services_OfSeveralSilos_ShareTheGrains()
    {
        var log = new TallyLog();
        await using var cluster = await TestClusters.StartAsync(silos: 2, configure: silo => Compose(silo, log));
        var answers = new List<string>();
        for (var key = 0; key < 20; key++)
        {
            var first = await cluster.Client.GetGrain<ITallyingGrain>($"{key}").AddAsync();
            var second = await cluster.Client.GetGrain<ITallyingGrain>($"{key}").AddAsync();
            Assert.Equal(SiloOf(first), SiloOf(second));
            answers.Add(SiloOf(first));
        }

        Assert.Equal(cluster.Silos.Select(silo => $"{silo.SiloAddress}").Order(), answers.Distinct().Order());

        static string SiloOf(string answer) => answer[(answer.IndexOf(" in ", StringComparison.Ordinal) + 4)..];
    }

    [Fact(Timeout = 30_000)]
    public async Task Service_ThatCannotBeMade_StopsTheStart() =>
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var cluster = await TestClusters.StartAsync(configure: static silo => silo.AddGrainService<TallyService>());
        });

    private static void Compose(ISiloBuilder silo, TallyLog log)
    {
        silo.AddGrainService<TallyService>();
        silo.Services.AddSingleton(log);
        silo.Services.AddSingleton<ITallyServiceClient, TallyServiceClient>();
    }
}

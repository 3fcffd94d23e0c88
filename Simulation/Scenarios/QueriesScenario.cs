using System.Globalization;
using OrleansFlow.Queries;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Queries;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>Distributed queries over workers that die, hang and are slow: the product's coordinator and grains, with workers that have no engine.</summary>
internal sealed class QueriesScenario : SimulationScenario
{
    public override string Name => "queries";

    public override string Summary => "distributed queries of random stages, re-planned, copied and given up, over workers that die, hang, fail and answer late";

    // A query's time, and the look at what is left after it, come on top of what else goes on.
    public override TimeSpan QuietTime => TimeSpan.FromMinutes(4);

    public override WorldOptions Options(SeededRandom random) => base.Options(random) with
    {
        WorkerCount = 1,
        Queries = new DistributedQueryOptions
        {
            AttemptsMax = random.Between(1, 5),
            ConcurrentMax = random.Between(2, 4),
            ForgetAfter = TimeSpan.FromSeconds(5),
            WorkerSilenceMax = TimeSpan.FromSeconds(4),
            Speculates = random.Chance(0.5),
            SpeculationShare = random.Pick<double>([0.3, 0.75]),
            SpeculationAfter = TimeSpan.FromMilliseconds(random.Pick<int>([300, 2_000])),
        },
    };

    public override OpenWork Begin(SimulatedWorld world, SeededRandom random)
    {
        var queries = new SimulatedQueries(world, random, FaultTime);
        var open = new OpenWork(_ => "running");
        for (var number = random.Between(2, 5); number > 0; number--)
        {
            Start(string.Create(CultureInfo.InvariantCulture, $"query-{number}"), random.Between(TimeSpan.Zero, FaultTime), isLate: false);
        }

        // When everything is well again, so that it must go well.
        Start("late-query", FaultTime + TimeSpan.FromSeconds(10), isLate: true);
        return open;

        void Start(string id, TimeSpan start, bool isLate)
        {
            var caller = new QueryCaller(world, queries, id, isLate, random);
            open.Add(id);
            world.StartCaller(async () =>
            {
                await Task.Delay(start, world.Clock);
                while (isLate && !queries.IsCalm)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), world.Clock);
                }

                await caller.RunAsync();
                open.Remove(id);
            });
        }
    }
}

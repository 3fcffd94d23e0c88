using OrleansFlow.StreamJobs;
using OrleansFlow.Streaming.Functions.Typed;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>The examples of docs/streaming/builder.md.</summary>
internal static class BuilderExamples
{
    public static StreamJob Job()
    {
        var job = new StreamJob();
        var rides = job.Source<Ride>("rides", JobConnector.SingleFile("/data/rides.json"), r => r.Ts, delay: TimeSpan.FromSeconds(5));
        rides.Where(r => r.Fare > 0)
            .KeyBy(r => r.Driver)
            .Window(JobWindow.Tumbling(TimeSpan.FromMinutes(1)))
            .Aggregate(g => new Total(g.Key, g.Start, g.Count(), g.Sum(r => r.Fare)))
            .Named("per-minute").WithParallelism(4)
            .SinkTo("totals", JobConnector.SingleFile("/data/totals.json"));
        rides.AsyncMap<Rated>("rating@1", new AsyncOptions { IsOrdered = false, InFlightMax = 50, AttemptsMax = 3 })
            .SinkTo("rated", JobConnector.Stdout());
        return job;
    }

    public static OperatorRegistry Register(OperatorRegistry operators) => operators.AddAsyncFunction("rating@1", () => new RatingFunction());
}

internal sealed record Ride(long Driver, double Fare, DateTime Ts);

internal sealed record Total(long Driver, DateTime Start, long Rides, double Fares);

internal sealed record Rated(long Driver, double Stars);

internal sealed class RatingFunction : AsyncFunction<Ride, Rated>
{
    public override async Task<Rated?> InvokeAsync(Ride row, CancellationToken cancellationToken)
    {
        var stars = await Ratings.AskAsync(row.Driver, cancellationToken);
        return new Rated(row.Driver, stars);
    }

    public override Rated? OnFailure(Ride row, Exception failure) => new(row.Driver, 0);
}

/// <summary>Whoever knows the stars of drivers.</summary>
internal static class Ratings
{
    public static Task<double> AskAsync(long driver, CancellationToken cancellationToken) => Task.FromResult(cancellationToken.IsCancellationRequested ? 0 : driver % 5.0);
}

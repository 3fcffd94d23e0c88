using System.Globalization;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Catalogs;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Catalogs;

/// <summary>The catalog over its rows: what a publication writes, what a crash and a failed write leave, and the move from the first stored form.</summary>
public sealed class CatalogGrainTests
{
    // Three buckets, as the test of the spread would show otherwise.
    private const string FirstForm =
        """
        {"version":7,"tables":[
        {"name":"Alpha","schema":"AQID","manifest":"alpha/m","rows":1,"bytes":10,"version":5},
        {"name":"beta","schema":"AQID","manifest":"beta/m","rows":2,"bytes":20,"version":6},
        {"name":"gamma","schema":"AQID","manifest":"gamma/m","rows":3,"bytes":30,"version":7}]}
        """;

    private static CancellationToken Token => FlowCluster.Token;

    [Fact]
    public async Task Publish_WithManyTablesThere_WritesOneRowOfAFew()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var catalog = Catalog(cluster);
        for (var index = 0; index < 300; index++)
        {
            Assert.True((await catalog.PublishAsync(Table($"table_{index}", "m"), 0, Token)).Accepted);
        }

        var written = new List<(string Name, int Length)>();
        cluster.Storage.AfterWrite = (name, json) => written.Add((name, json.Length));
        var known = Assert.Single(await catalog.FindAsync(["TABLE_7"], Token));
        Assert.True((await catalog.PublishAsync(known with { Manifest = "next" }, known.Version, Token)).Accepted);
        Assert.True(await catalog.DropAsync("table_8", (await catalog.FindAsync(["table_8"], Token))[0].Version, Token));

        Assert.Equal([Bucket("table_7"), Bucket("table_8")], written.Select(write => write.Name));
        Assert.All(written, write => Assert.InRange(write.Length, 1, 2_000));
        await cluster.CrashAsync();
        Assert.Equal("next", Assert.Single(await catalog.FindAsync(["table_7"], Token)).Manifest);
        Assert.Equal(299, (await catalog.ListAsync(Token)).Count);
    }

    [Fact]
    public async Task FirstForm_IsMovedAtTheFirstActivationWithItsVersions()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var catalog = Catalog(cluster);
        cluster.Storage.Put("tables", catalog.GetGrainId(), FirstForm);

        Assert.Equal(
            ["Alpha alpha/m 1 10 5", "beta beta/m 2 20 6", "gamma gamma/m 3 30 7"],
            (await catalog.ListAsync(Token)).Select(table => $"{table.Name} {table.Manifest} {table.Rows} {table.Bytes} {table.Version}"));
        Assert.Equal([1, 2, 3], (await catalog.FindAsync(["ALPHA"], Token))[0].Schema);
        Assert.Equal("""{"format":2,"version":7,"tables":[]}""", cluster.Storage.Get("tables", catalog.GetGrainId()));

        // Versions go on beyond all that the first form gave, in every bucket.
        Assert.Equal(8, (await catalog.PublishAsync(Table("alpha", "next"), 5, Token)).Current!.Version);
        Assert.Equal(8, (await catalog.PublishAsync(Table("delta", "m"), 0, Token)).Current!.Version);
        await cluster.CrashAsync();
        Assert.Equal(["Alpha", "beta", "delta", "gamma"], (await catalog.ListAsync(Token)).Select(table => table.Name));
    }

    [Fact]
    public async Task Definition_OutlastsACrash_AndItsRowIsRefusedBySilosThatKnowNone()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var catalog = Catalog(cluster);
        var view = Table("seen", "") with { Kind = CatalogTableKind.View, Definition = "SELECT 1 AS n" };
        await catalog.PublishAsync(view, 0, Token);
        await catalog.PublishAsync(Table("plain", "m"), 0, Token);
        await cluster.CrashAsync();

        var found = Assert.Single(await catalog.FindAsync(["seen"], Token));

        Assert.Equal((CatalogTableKind.View, "SELECT 1 AS n"), (found.Kind, found.Definition));
        Assert.StartsWith("""{"format":2,""", cluster.Storage.Get(Bucket("seen"), catalog.GetGrainId()), StringComparison.Ordinal);
        Assert.StartsWith("""{"version":""", cluster.Storage.Get(Bucket("plain"), catalog.GetGrainId()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task FirstForm_MoveBrokenOff_IsDoneAtTheNextActivationAndLosesNothing(int writesBefore)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var catalog = Catalog(cluster);
        cluster.Storage.Put("tables", catalog.GetGrainId(), FirstForm);
        var left = writesBefore;
        cluster.Storage.BeforeWrite = _ => left-- > 0 ? Task.CompletedTask : throw new IOException("not written");
        await Assert.ThrowsAnyAsync<Exception>(() => catalog.ListAsync(Token));
        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;

        Assert.Equal(["Alpha", "beta", "gamma"], (await catalog.ListAsync(Token)).Select(table => table.Name));
        Assert.Equal(4, cluster.Storage.Names(catalog.GetGrainId()).Count);
        Assert.True((await catalog.PublishAsync(Table("beta", "next"), 6, Token)).Accepted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publish_WhoseWriteFails_IsSeenOnlyIfItWasKept(bool kept)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var catalog = Catalog(cluster);
        Assert.True((await catalog.PublishAsync(Table("t", "m1"), 0, Token)).Accepted);
        cluster.Storage.BeforeWrite = _ => kept ? Task.CompletedTask : throw new IOException("not written");
        cluster.Storage.AfterWrite = (_, _) => throw new IOException("not acknowledged");
        await Assert.ThrowsAnyAsync<Exception>(() => catalog.PublishAsync(Table("t", "m2"), 1, Token));
        (cluster.Storage.BeforeWrite, cluster.Storage.AfterWrite) = (_ => Task.CompletedTask, (_, _) => { });

        var now = Assert.Single(await catalog.FindAsync(["t"], Token));

        Assert.Equal(kept ? ("m2", 2L) : ("m1", 1L), (now.Manifest, now.Version));
        Assert.True((await catalog.PublishAsync(Table("t", "m3"), now.Version, Token)).Accepted);
    }

    [Fact]
    public async Task Publish_BeyondTheMostTables_IsRefusedButReplacingIsNot()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var catalog = Catalog(cluster);
        var rows = Enumerable.Range(0, ICatalogGrain.TablesMax).Select(index => string.Create(CultureInfo.InvariantCulture, $$"""{"name":"t{{index}}","version":1}"""));
        cluster.Storage.Put("tables", catalog.GetGrainId(), $$"""{"version":1,"tables":[{{string.Join(',', rows)}}]}""");

        var failure = await Assert.ThrowsAsync<FlowException>(() => catalog.PublishAsync(Table("one_more", "m"), 0, Token));

        Assert.Equal(FlowErrorCode.LimitExceeded, failure.Code);
        Assert.True((await catalog.PublishAsync(Table("t9", "m"), 1, Token)).Accepted);
        Assert.True(await catalog.DropAsync("t10", 1, Token));
        Assert.True((await catalog.PublishAsync(Table("one_more", "m"), 0, Token)).Accepted);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AnySequenceOfCalls_OverFailuresAndCrashes_IsThatOfOneTableAtATime(int seed)
    {
        await using var cluster = await FlowCluster.StartAsync();
        var catalog = Catalog(cluster);
        var random = new Random(seed);
        var model = new Dictionary<string, CatalogTable>();
        for (var step = 0; step < 400; step++)
        {
            var name = $"t{random.Next(12)}";
            var known = model.GetValueOrDefault(name);
            var expected = random.Next(5) == 0 ? random.Next(10) : known?.Version ?? 0;
            cluster.Storage.BeforeWrite = random.Next(6) == 0 ? _ => throw new IOException("not written") : _ => Task.CompletedTask;
            try
            {
                if (random.Next(3) == 0)
                {
                    Assert.Equal(known is not null && known.Version == expected, await catalog.DropAsync(name, expected, Token));
                    _ = known?.Version == expected && model.Remove(name);
                }
                else
                {
                    var receipt = await catalog.PublishAsync(Table(name, $"m{step}"), expected, Token);
                    Assert.Equal((known?.Version ?? 0) == expected, receipt.Accepted);
                    if (receipt.Accepted)
                    {
                        Assert.True(receipt.Current!.Version > (known?.Version ?? 0));
                        model[name] = receipt.Current;
                    }
                }
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                // Not written, so nothing has changed.
            }

            if (random.Next(60) == 0)
            {
                await cluster.CrashAsync();
            }
        }

        cluster.Storage.BeforeWrite = _ => Task.CompletedTask;
        Assert.Equal(
            model.Values.OrderBy(table => table.Name, StringComparer.OrdinalIgnoreCase).Select(table => (table.Name, table.Manifest, table.Version)),
            (await catalog.ListAsync(Token)).Select(table => (table.Name, table.Manifest, table.Version)));
    }

    private static ICatalogGrain Catalog(FlowCluster cluster) => cluster.Grains.GetGrain<ICatalogGrain>(ICatalogGrain.DefaultNamespace);

    private static string Bucket(string name) => string.Create(CultureInfo.InvariantCulture, $"bucket-{CatalogBucket.NumberOf(name)}");

    private static CatalogTable Table(string name, string manifest) => CatalogBucketTests.Table(name, manifest);
}

using System.Security.Cryptography;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Clicks;
using OrleansFlow.Benchmarks.Queries.Stars;
using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Benchmarks.Queries.Tpch;

namespace OrleansFlow.Tests.Queries;

/// <summary>Rows depend on seed, scale and their number, not on who makes them.</summary>
public sealed class GenerationTests
{
    private static readonly TableSet Tables = TpchTables.Create(new TpchScale(0.01));

    private static readonly TableSet[] Sets = [Tables, ClickTables.Create(5_000), StarTables.Create(new StarScale(500))];

    public static TheoryData<int, string> Names =>
        [.. Sets.SelectMany((set, index) => set.Tables.Select(table => (index, table.Name)))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_InPieces_AreTheRowsAtOnce(int set, string name)
    {
        var table = Sets[set][name];
        var middle = table.UnitCount / 3;
        var end = Math.Min(table.UnitCount, 2_000);
        var whole = Values(table.Rows(0, end));

        // The later piece first: a piece needs nothing of the one before it.
        var second = Values(table.Rows(Math.Min(middle, end), end - Math.Min(middle, end), batchRowCount: 7));
        var first = Values(table.Rows(0, Math.Min(middle, end), batchRowCount: 100));

        Assert.Equal(whole, [.. first, .. second]);
    }

    [Theory]
    [InlineData("lineitem")]
    [InlineData("supplier")]
    public void Rows_OfAnotherSeed_Differ(string name)
    {
        var other = TpchTables.Create(new TpchScale(0.01), seed: 7);

        Assert.NotEqual(Values(Tables[name].Rows(0, 10)), Values(other[name].Rows(0, 10)));
        Assert.NotEqual(Tables.Name, other.Name);
    }

    /// <summary>The first rows, by their SHA-256: a change that changes data must be made on purpose, and raise the version in the set's name.</summary>
    [Theory]
    [InlineData("region", "9c2824eb345a7dbf")]
    [InlineData("nation", "5084507ba7694ddf")]
    [InlineData("supplier", "055cd151e0709685")]
    [InlineData("customer", "a8a6f263f6aa3fce")]
    [InlineData("part", "ebef33c34138e674")]
    [InlineData("partsupp", "752adf8ec033d9a7")]
    [InlineData("orders", "2eeffc6b4aad3e48")]
    [InlineData("lineitem", "738f21224a4170d2")]
    public void Rows_OfTheDefaultSeed_StayWhatTheyAre(string name, string hash)
    {
        var table = Tables[name];
        var text = string.Join('\n', Values(table.Rows(0, Math.Min(500, table.UnitCount))).Select(row => string.Join('|', row)));

        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]);
    }

    [Theory]
    [InlineData(1, "4d7a87d72d212cb8")]
    [InlineData(2, "a2207bfeebdca8e6")]
    public void Rows_OfTheOtherSets_StayWhatTheyAre(int set, string hash)
    {
        var text = string.Join('\n', Sets[set].Tables.SelectMany(table => Values(table.Rows())).Select(row => string.Join('|', row)));

        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]);
    }

    /// <summary>What the differential tests need: a few keys that are everywhere, many that are rare, and nulls.</summary>
    [Fact]
    public void Rows_OfTheOtherSets_AreSkewedAndHaveNulls()
    {
        var users = Values(Sets[1]["views"].Rows()).GroupBy(row => row[3]).Select(group => group.Count()).OrderDescending().ToList();
        var items = Values(Sets[2]["store_sales"].Rows()).ToList();

        Assert.True(users[0] > 300 && users.Count > 200, $"{users[0]} views of the first user, {users.Count} users");
        Assert.Contains(items, row => row[2] is null);
        Assert.Contains(items, row => row[4] is null);
        Assert.Equal(items.Count, items.Select(row => (row[5], row[1])).Distinct().Count());
    }

    [Theory]
    [InlineData(0.0099)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(100_001)]
    public void Scale_OutOfRange_IsRefused(double factor)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(() => new TpchScale(factor));

        Assert.Contains("0.01", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.015)]
    [InlineData(0.012)]
    public void Scale_AtWhichAPartWouldHaveASupplierTwice_IsRefused(double factor) =>
        Assert.Contains("same supplier twice", Assert.Throws<ArgumentException>(() => new TpchScale(factor)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.03)]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(30)]
    public void Scale_MultipliesTheRows(double factor)
    {
        var scale = new TpchScale(factor);

        Assert.Equal(Math.Round(1_500_000 * factor), scale.Orders);
        Assert.Equal(Math.Round(200_000 * factor), scale.Parts);
        Assert.Equal(Math.Round(150_000 * factor), scale.Customers);
        Assert.Equal(Math.Round(10_000 * factor), scale.Suppliers);
    }

    [Fact]
    public async Task EnsureAsync_Twice_WritesOnce()
    {
        var parent = Directory.CreateTempSubdirectory("flow-ensure-");
        try
        {
            var small = new TableSet("small", [.. Tables.Tables.Take(3)]);
            var folder = await TableFiles.EnsureAsync(small, parent.FullName, null, TestContext.Current.CancellationToken);
            var written = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.GetLastWriteTimeUtc);

            Assert.Equal(folder, await TableFiles.EnsureAsync(small, parent.FullName, null, TestContext.Current.CancellationToken));
            Assert.Equal(3, written.Count);
            Assert.All(written, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
            Assert.Single(parent.GetDirectories());
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task EnsureAsync_SeveralAtOnce_AllSeeTheSameWholeFolder()
    {
        var parent = Directory.CreateTempSubdirectory("flow-ensure-");
        try
        {
            var small = new TableSet("small", [.. Tables.Tables.Take(4)]);
            var token = TestContext.Current.CancellationToken;
            var folders = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => TableFiles.EnsureAsync(small, parent.FullName, null, token), token)));

            Assert.Single(folders.Distinct());
            Assert.Equal(4, Directory.GetFiles(folders[0], "*.parquet", SearchOption.AllDirectories).Length);
            Assert.Single(parent.GetDirectories());
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task WriteAsync_OptionOutOfRange_NamesIt()
    {
        var exception = await Assert.ThrowsAnyAsync<ArgumentException>(() => TableFiles.WriteAsync(
            Tables, "nowhere", new TableFileOptions { Compression = "gzip" }, TestContext.Current.CancellationToken));

        Assert.Contains("gzip", exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists("nowhere"));
    }

    private static List<object?[]> Values(IEnumerable<RecordBatch> batches)
    {
        var rows = new List<object?[]>();
        foreach (var batch in batches)
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    rows.Add([.. batch.Columns.Select(column => column.GetValue(row))]);
                }
            }
        }

        return rows;
    }
}

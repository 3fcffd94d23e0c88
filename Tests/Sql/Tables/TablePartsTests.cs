using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Tests.Sql.Tables;

/// <summary>The parts of a table together are the table, as DuckDB alone reads it.</summary>
public sealed class TablePartsTests(TableFolder folder) : IClassFixture<TableFolder>
{
    private const string Rows =
        "SELECT i AS id, i % 7 AS k, CASE WHEN i % 3 = 0 THEN NULL ELSE 'text ' || (i % 11) END AS s, CAST(i AS DECIMAL(12, 2)) / 4 AS d, "
        + "CASE WHEN i % 5 < 4 THEN NULL ELSE DATE '2024-01-01' + CAST(i AS INTEGER) END AS day, [i, NULL] AS l, {'a': i, 'b': NULL::VARCHAR} AS o";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parts_OfOneFileWithManyRowGroups_AreTheTable()
    {
        var file = await folder.WriteAsync($"{Rows} FROM range(60000) t(i)", "one/big.parquet", "ROW_GROUP_SIZE 2048");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(file), $"SELECT * FROM read_parquet('{file}')");

        var parts = await folder.SplitAsync(TableSource.Files(file), TableFolder.Scan(3));
        Assert.All(await folder.CountsAsync(parts), count => Assert.InRange(count, 17_000, 23_000));
        Assert.All(parts, part => Assert.Contains("file_row_number", part, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Parts_OfManySmallFiles_AreTheTableOfWholeFiles()
    {
        for (var file = 0; file < 23; file++)
        {
            await folder.WriteAsync($"{Rows} FROM range({file * 100}, {(file * 100) + (file % 4 * 50)}) t(i)", $"many/part_{file:00}.parquet");
        }

        var glob = folder.PathOf("many", "*.parquet");
        await folder.AssertPartsAreWholeAsync(TableSource.Files(glob), $"SELECT * FROM read_parquet('{glob}')");
        await folder.AssertPartsAreWholeAsync(TableSource.Parquet(folder.PathOf("many", "x")[..^2]), $"SELECT * FROM read_parquet('{glob}')");
        Assert.All(
            await folder.SplitAsync(TableSource.Files(glob), TableFolder.Scan(4)),
            part => Assert.DoesNotContain("file_row_number", part, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Parts_OfALargeAndManySmallFiles_AreBalancedByBytes()
    {
        var large = await folder.WriteAsync($"{Rows} FROM range(40000) t(i)", "mixed/large.parquet", "ROW_GROUP_SIZE 2048");
        for (var file = 0; file < 5; file++)
        {
            await folder.WriteAsync($"{Rows} FROM range({file * 10}) t(i)", $"mixed/small_{file}.parquet");
        }

        var glob = folder.PathOf("mixed", "*.parquet");
        await folder.AssertPartsAreWholeAsync(TableSource.Files(glob), $"SELECT * FROM read_parquet('{glob}')");
        Assert.All(
            await folder.CountsAsync(await folder.SplitAsync(TableSource.Files(large), TableFolder.Scan(4))), count => Assert.InRange(count, 6_000, 14_000));
    }

    [Fact]
    public async Task Parts_OfHiveFolders_HaveThePathsColumnsWithTheirTypes()
    {
        await folder.WriteAsync($"{Rows} FROM range(300) t(i)", "hive/year=2023/month=01/a.parquet");
        await folder.WriteAsync($"{Rows} FROM range(200) t(i)", "hive/year=2024/month=12/b.parquet");
        await folder.WriteAsync($"{Rows} FROM range(100) t(i)", "hive/year=__HIVE_DEFAULT_PARTITION__/month=03/c.parquet");
        await folder.WriteAsync($"{Rows} FROM range(50) t(i)", "hive/year=2024/month=a%20b/d.parquet");
        var glob = folder.PathOf("hive", "**", "*.parquet");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(glob), $"SELECT * FROM read_parquet('{glob}')");
        await folder.AssertPartsAreWholeAsync(
            TableSource.Files(glob).With("hive_partitioning", "false"), $"SELECT * FROM read_parquet('{glob}', hive_partitioning = false)");
        await folder.AssertPartsAreWholeAsync(
            TableSource.Files(glob).With("hive_types", "{'year': INTEGER}"), $"SELECT * FROM read_parquet('{glob}', hive_types = {{'year': INTEGER}})");
    }

    [Fact]
    public async Task Parts_OfFilesWithOtherColumns_AreUnitedByName()
    {
        await folder.WriteAsync("SELECT CAST(i AS INTEGER) AS id, 'a' AS only_a FROM range(10) t(i)", "union/a.parquet");
        await folder.WriteAsync("SELECT i * 10000000000 AS id, 2.5 AS only_b FROM range(20) t(i)", "union/b.parquet");
        await folder.WriteAsync("SELECT 'b' AS only_a, CAST(3 AS SMALLINT) AS id FROM range(30) t(i)", "union/c.parquet");
        var glob = folder.PathOf("union", "*.parquet");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(glob).UnionByName(), $"SELECT * FROM read_parquet('{glob}', union_by_name = true)");
    }

    [Fact]
    public async Task Parts_WithNamesAndNumbersOfRows_HaveThoseOfTheFiles()
    {
        await folder.WriteAsync("SELECT i AS id FROM range(10000) t(i)", "named/a.parquet", "ROW_GROUP_SIZE 2048");
        await folder.WriteAsync("SELECT i AS id FROM range(500) t(i)", "named/b.parquet");
        var glob = folder.PathOf("named", "*.parquet");

        await folder.AssertPartsAreWholeAsync(
            TableSource.Files(glob).With("filename", "true").With("file_row_number", "true"),
            $"SELECT * FROM read_parquet('{glob}', filename = true, file_row_number = true)");
    }

    [Fact]
    public async Task Parts_OfFilesWithAColumnNamedAsTheRowNumber_AreWholeFiles()
    {
        var file = await folder.WriteAsync("SELECT i % 5 AS FILE_ROW_NUMBER, i AS id FROM range(10000) t(i)", "confusing/a.parquet", "ROW_GROUP_SIZE 2048");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(file), $"SELECT * FROM read_parquet('{file}')");
    }

    [Fact]
    public async Task Parts_OfFilesWithoutRows_AreEmptyAndHaveTheColumns()
    {
        var file = await folder.WriteAsync($"{Rows} FROM range(0) t(i)", "none/a.parquet");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(file), $"SELECT * FROM read_parquet('{file}')");
    }

    [Fact]
    public async Task Parts_OfPathsThatLookLikeGlobs_AreThoseFiles()
    {
        var odd = await folder.WriteAsync("SELECT 1 AS id", "odd/a[1]*?.parquet");
        await folder.WriteAsync("SELECT 2 AS id", "odd/a1.parquet");
        await folder.WriteAsync("SELECT 3 AS id", "odd/it's {b}.parquet");

        var parts = await folder.SplitAsync(TableSource.Files(odd), TableFolder.Scan(1));
        Assert.Equal(1, (await SqlTestDatabase.RowsAsync(folder.Session, parts[0]))[0][0]);
        await folder.AssertPartsAreWholeAsync(TableSource.Parquet(folder.PathOf("odd", "x")[..^2]), "SELECT CAST(unnest([1, 2, 3]) AS INTEGER) AS id");
    }

    [Theory]
    [InlineData("")]
    [InlineData("DELIMITER ';', HEADER false")]
    [InlineData("DELIMITER '|', QUOTE '''', FORCE_QUOTE *")]
    public async Task Parts_OfCsvFiles_AreReadAlike(string options)
    {
        var name = $"csv{options.Length}";
        for (var file = 0; file < 6; file++)
        {
            // The first files alone would have narrower types.
            await folder.WriteAsync(
                $"SELECT {(file < 4 ? "i" : "i + 0.5")} AS id, CASE WHEN i % 4 = 0 THEN NULL ELSE 'it''s, \"' || i END AS s, DATE '2024-01-01' + CAST(i AS INTEGER) AS d FROM range({file * 20}, {(file * 20) + 15}) t(i)",
                $"{name}/part_{file}.csv",
                options);
        }

        await File.WriteAllTextAsync(folder.PathOf(name, "empty.csv"), "", Token);
        var glob = folder.PathOf(name, "*.csv");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(glob), $"SELECT * FROM read_csv('{folder.PathOf(name, "part_*.csv")}')");
        var description = await folder.Tables.DescribeAsync(TableSource.Files(glob), Token);
        Assert.InRange(description.RowCount, 80, 110);
        Assert.False(description.IsRowCountExact);
    }

    [Fact]
    public async Task Parts_OfTextThatCannotBeReadInParts_AreOneAndSayWhy()
    {
        await folder.WriteAsync("SELECT 1 AS a, 'x' AS b", "whole/a.csv");
        await folder.WriteAsync("SELECT 2 AS a, 'y' AS c", "whole/b.csv");
        var glob = folder.PathOf("whole", "*.csv");
        var source = TableSource.Files(glob).UnionByName();

        await folder.AssertPartsAreWholeAsync(source, $"SELECT * FROM read_csv('{glob}', union_by_name = true)");
        var description = await folder.Tables.DescribeAsync(source, Token);
        Assert.Contains("in one piece", description.WholeReason, StringComparison.Ordinal);
        Assert.Equal(1, description.PartCountMax);
    }

    [Fact]
    public async Task Parts_OfJsonFiles_HaveTheColumnsOfAll()
    {
        await folder.WriteAsync("SELECT i AS id, {'q': i, 'r': [i]} AS o, TIMESTAMP '2024-01-01 10:00:00' AS at FROM range(40) t(i)", "json/a.json");
        await folder.WriteAsync("SELECT i AS id, 't' AS t, 4.5 AS z FROM range(30) t(i)", "json/b.json", "ARRAY true");
        await folder.WriteAsync("SELECT i AS id, NULL AS t FROM range(20) t(i)", "json/c.json");
        var glob = folder.PathOf("json", "*.json");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(glob), $"SELECT * FROM read_json('{glob}')");
    }

    [Fact]
    public async Task Parts_OfJsonWithDatesOfItsOwnForm_AreOne()
    {
        await File.WriteAllTextAsync(folder.PathOf("dates", "a.json"), """{"a":"13-02-2024"}""", Token);
        await File.WriteAllTextAsync(folder.PathOf("dates", "b.json"), """{"a":"14-02-2024"}""", Token);
        var glob = folder.PathOf("dates", "*.json");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(glob), $"SELECT * FROM read_json('{glob}')");
        Assert.NotNull((await folder.Tables.DescribeAsync(TableSource.Files(glob), Token)).WholeReason);
    }

    [Fact]
    public async Task Parts_OfPackedText_AreTheTable()
    {
        await folder.WriteAsync("SELECT i AS id, 'row ' || i AS s FROM range(500) t(i)", "packed/a.csv.gz");
        await folder.WriteAsync("SELECT i AS id, 'row ' || i AS s FROM range(700) t(i)", "packed/b.csv.gz");
        var glob = folder.PathOf("packed", "*.csv.gz");

        await folder.AssertPartsAreWholeAsync(TableSource.Files(glob), $"SELECT * FROM read_csv('{glob}')");
    }

    [Fact]
    public async Task Part_OfSomeColumns_HasThoseInTheirOrder()
    {
        var file = await folder.WriteAsync($"{Rows} FROM range(5) t(i)", "columns/a.parquet");

        var parts = await folder.SplitAsync(TableSource.Files(file), TableFolder.Scan(2, ["s", "id"]));

        Assert.All(parts, part => Assert.StartsWith("SELECT ", part, StringComparison.Ordinal));
        foreach (var part in parts)
        {
            Assert.Equal(["s", "id"], (await SqlTestDatabase.RowsAsync(folder.Session, $"DESCRIBE {part}")).Select(column => column[0]));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => folder.SplitAsync(TableSource.Files(file), TableFolder.Scan(2, ["nothing"])));
    }
}

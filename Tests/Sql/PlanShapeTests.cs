using OrleansFlow.Sql.Explain;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql;

/// <summary>
/// The stages of some queries as text, one small file each. A file's first line says the options. FLOW_UPDATE_SHAPES=1 writes the files anew; look at
/// what changed before you keep it.
/// </summary>
public sealed class PlanShapeTests(SqlTestDatabase database)
{
    private static readonly bool MustUpdate = Environment.GetEnvironmentVariable("FLOW_UPDATE_SHAPES") == "1";

    public static TheoryData<string> Files() =>
        [.. Directory.EnumerateFiles(QueryText.Folder("Shapes"), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Plan_HasItsShape(string name)
    {
        var file = Path.Combine(QueryText.Folder("Shapes"), $"{name}.txt");
        var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        var sql = string.Join('\n', lines.Skip(1).TakeWhile(line => line.Length > 0));
        var words = lines[0].Split(' ');
        var options = new StageOptions
        {
            TaskCountMax = int.Parse(words[1].Split('=')[1], System.Globalization.CultureInfo.InvariantCulture),
            PartitionsPerTask = int.Parse(words[2].Split('=')[1], System.Globalization.CultureInfo.InvariantCulture),
            BytesPerTask = long.Parse(words[3].Split('=')[1], System.Globalization.CultureInfo.InvariantCulture),
            BroadcastBytesMax = long.Parse(words[4].Split('=')[1], System.Globalization.CultureInfo.InvariantCulture),
        };

        var planned = await database.PlanAsync(sql, TestContext.Current.CancellationToken);
        var text = PlanText.Write(StageCutter.Cut(planned, options, database.RowsOf)).ReplaceLineEndings("\n");
        var expected = $"{lines[0]}\n{sql}\n\n{text}";
        if (MustUpdate)
        {
            await File.WriteAllTextAsync(file, expected, TestContext.Current.CancellationToken);
            return;
        }

        Assert.Equal(expected, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n"));
    }
}

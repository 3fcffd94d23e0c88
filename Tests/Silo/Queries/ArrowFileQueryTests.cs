using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: Arrow IPC files are read like all others: by path and by name, on all workers, and only from the allowed folders.</summary>
public sealed class ArrowFileQueryTests : IDisposable
{
    private const int Watchdog = 120_000;

    // What the three files hold together, for DuckDB alone, which cannot read them.
    private const string Same = "(select range as id, 'name ' || (range % 5) as name, (range // 20000) as part from range(60000)) t";

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => _folder.Combine("data");

    [Theory(Timeout = Watchdog)]
    [InlineData("select name, count(*) as n, sum(id) as total from FILES group by name order by name", "'{0}/a/*/*.arrow'")]
    [InlineData("select name, count(*) as n from FILES where id > 100 group by name order by name", "read_arrow(['{0}/a/part=0/x.arrow', '{0}/a/part=1/x.arrow', '{0}/a/part=2/x.arrow'])")]
    [InlineData("select d.label, count(*) as n from FILES join dims d on d.key = t.id group by d.label order by d.label limit 9", "t")]
    [InlineData("select part, min(id) as low, count(*) as n from FILES where part <> 1 group by part order by part", "t")]
    [InlineData("select part, id, name from FILES where id % 5000 = 7 order by id desc", "read_arrow('{0}/a/**')")]
    public async Task Files_AnswerAsDuckDbAlone_OnTheWorkers(string text, string files)
    {
        await using var cluster = await StartAsync();
        await cluster.Silo.Client.UpdateAsync($"create table t from '{Data}/a/*/*.arrow'", Token);
        var named = string.Format(CultureInfo.InvariantCulture, files, Data);

        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query(text.Replace("FILES", named, StringComparison.Ordinal)));

        Assert.Equal(await cluster.AloneAsync(text.Replace("FILES", Same, StringComparison.Ordinal)), rows);
        Assert.NotEqual(0, cluster.Starts.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task FilesThatAFilterExcludes_AreNotEvenOpened()
    {
        await using var cluster = await StartAsync();
        await cluster.Silo.Client.UpdateAsync($"create table t from '{Data}/a/*/*.arrow'", Token);
        var sql = "select count(*) as n, min(id) as low from t where part = 2";
        var before = await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql));

        // The second file cannot be read any more from now on, but for the directory at its end.
        SpoilBatches(Path.Combine(Data, "a", "part=1", "x.arrow"));

        Assert.Equal(before, await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select sum(id) as n, min(name) as low from t")));
        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Contains("part=1/x.arrow", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task FileOfAnotherSchema_FailsTheQuery_AndBothFilesAreNamed()
    {
        await using var cluster = await StartAsync();
        var schema = new ArrowSchema(new ArrowField("id", ArrowType.Utf8, true), new ArrowField("name", ArrowType.Utf8, true));
        using (var builder = new RecordBatchBuilder(schema))
        using (var batch = builder.AppendRow("x", "y").Build())
        {
            Write(Path.Combine(Data, "a", "part=2", "y.arrow"), schema, batch);
        }

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query($"select count(*) from '{Data}/a/*/*.arrow'")));

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("part=0/x.arrow", failure.Message, StringComparison.Ordinal);
        Assert.Contains("part=2/y.arrow", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task FilesOutsideOfTheFolders_AreNotRead()
    {
        await using var cluster = await StartAsync();
        WriteNumbers(_folder.Combine("secret.arrow"), 0, 10);

        foreach (var path in (string[])[_folder.Combine("secret.arrow"), Data + "/../secret.arrow", Data + "-other/*.arrow", _folder.Combine("dat?/../*.arrow"), _folder.Combine("*.arrow")])
        {
            foreach (var sql in (string[])[$"select * from '{path}'", $"select * from read_arrow('{path}')", $"select * from read_arrow(['{Data}/a/part=0/x.arrow', '{path}'])"])
            {
                var refused = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
                Assert.Equal(FlowErrorCode.EngineError, refused.Code);
                Assert.Contains("Cannot access", refused.Message, StringComparison.Ordinal);
            }

            await Assert.ThrowsAsync<FlowException>(() => cluster.Silo.Client.UpdateAsync($"create table secret from '{path}'", Token));
        }
    }

    public void Dispose() => _folder.Dispose();

    private static void WriteNumbers(string path, int start, int count)
    {
        var schema = new ArrowSchema(new ArrowField("id", ArrowType.Int64, true), new ArrowField("name", ArrowType.Utf8, true));
        var batches = new List<RecordBatch>();
        for (var first = start; first < start + count; first += 5_000)
        {
            using var builder = new RecordBatchBuilder(schema);
            for (var id = first; id < Math.Min(first + 5_000, start + count); id++)
            {
                builder.AppendRow((long)id, $"name {id % 5}");
            }

            batches.Add(builder.Build());
        }

        Write(path, schema, [.. batches]);
        batches.ForEach(batch => batch.Dispose());
    }

    private static void Write(string path, ArrowSchema schema, params RecordBatch[] batches)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = new ArrowFileWriter(path, schema, new IpcWriteOptions { Compression = IpcCompression.Zstd });
        foreach (var batch in batches)
        {
            file.Write(batch);
        }

        file.End();
    }

    private static void SpoilBatches(string path)
    {
        byte[] packed = [0x28, 0xb5, 0x2f, 0xfd];
        var bytes = File.ReadAllBytes(path);
        for (var at = bytes.AsSpan().IndexOf(packed); at >= 0; at = bytes.AsSpan().IndexOf(packed))
        {
            bytes.AsSpan(at, packed.Length).Clear();
        }

        File.WriteAllBytes(path, bytes);
    }

    private async Task<QueryCluster> StartAsync()
    {
        for (var file = 0; file < 3; file++)
        {
            WriteNumbers(Path.Combine(Data, "a", $"part={file}", "x.arrow"), file * 20_000, 20_000);
        }

        return await QueryCluster.StartRealAsync(dataFolder: Data);
    }
}

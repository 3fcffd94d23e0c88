using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Streaming.Connectors.Files;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Conformance;

/// <summary>Files of numbers.</summary>
public abstract class FileSourceConformance : RecordSourceConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("conformance-").FullName;

    protected override ArrowSchema Schema { get; } = new(new ArrowField("number", ArrowType.Int64));

    protected override int RowCount => 40_000;

    protected abstract ProgramOperator Source(string folder, FormatConfig format);

    protected override async Task<ProgramOperator> PrepareAsync()
    {
        await File.WriteAllLinesAsync(Path.Combine(_folder, "rows.json"), Enumerable.Range(0, RowCount).Select(number => $"{{\"number\":{number}}}"), Token);
        return Source(_folder, new FormatConfig { Kind = FormatKind.Json });
    }

    protected override async Task<ProgramOperator> PrepareBadAsync(bool drops)
    {
        await File.WriteAllLinesAsync(Path.Combine(_folder, "rows.json"), ["{\"number\":0}", "{\"number\":1}", "{\"number\":\"x\"}", "{\"number\":2}", "{\"number\":3}"], Token);
        return Source(_folder, new FormatConfig { Kind = FormatKind.Json, DropsBadData = drops });
    }

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
        return base.DisposeAsync();
    }
}

[Conforms("single_file")]
public sealed class SingleFileSourceConformanceTests : FileSourceConformance
{
    protected override ProgramOperator Source(string folder, FormatConfig format) =>
        Jobs.Op("s", SingleFileSource.Kind, Schema, new FileSourceConfig { Path = Path.Combine(folder, "rows.json"), Format = format });
}

[Conforms("filesystem")]
public sealed class FilesystemSourceConformanceTests : FileSourceConformance
{
    protected override uint ParallelismAfterwards => 3;

    protected override ProgramOperator Source(string folder, FormatConfig format) => Jobs.Op("s", FilesystemSource.Kind, Schema, new FilesystemSourceConfig { Path = folder, Format = format });
}

/// <summary>A folder that the numbers of a sink come to.</summary>
public abstract class FileSinkConformance : ExactlyOnceSinkConformance
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("conformance-").FullName;

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
        return base.DisposeAsync();
    }

    protected static IEnumerable<long> NumbersOf(string file) =>
        File.ReadLines(file).Select(line => long.Parse(line["{\"number\":".Length..^1], System.Globalization.CultureInfo.InvariantCulture));
}

[Conforms("single_file")]
public sealed class SingleFileSinkConformanceTests : FileSinkConformance
{
    protected override StreamOperator Sink() => new SingleFileSink(new SingleFileSinkConfig { Path = Path.Combine(Folder, "out.json") });

    protected override Task<IReadOnlyList<long>> VisibleAsync() =>
        Task.FromResult<IReadOnlyList<long>>([.. Directory.GetFiles(Folder).Where(file => !file.Contains(".staged-", StringComparison.Ordinal)).SelectMany(NumbersOf)]);
}

[Conforms("filesystem")]
public sealed class FilesystemSinkConformanceTests : FileSinkConformance
{
    protected override StreamOperator Sink() => new FilesystemSink(new FilesystemSinkConfig { Url = Folder });

    protected override Task<IReadOnlyList<long>> VisibleAsync() => Task.FromResult<IReadOnlyList<long>>([.. FilesystemSource.FilesOf(Folder).SelectMany(NumbersOf)]);
}

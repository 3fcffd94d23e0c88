using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>What descriptors and tickets name: <c>RUN/NODE</c>, <c>uploads/NAME</c>, <c>streams/NAME</c> with or without <c>/FROM</c> and <c>/TO</c>, or <c>streams.NAME</c>.</summary>
internal readonly record struct FlightPath
{
    private FlightPath(string head, string name, string? from = null, string? to = null)
    {
        Head = head;
        Name = name;
        From = from;
        To = to;
    }

    /// <summary>The run; default for an upload and a stream.</summary>
    public RunId Run => IsUpload || IsStream || IsQuery ? default : new RunId(Head);

    /// <summary>The node, or the name of the upload or stream.</summary>
    public string Name { get; }

    /// <summary>Where the rows of a stream begin; null: not said.</summary>
    public string? From { get; }

    /// <summary>Where the rows of a stream end; null: not said.</summary>
    public string? To { get; }

    /// <summary>Whether it names an upload.</summary>
    public bool IsUpload => Head == FlightPaths.Uploads;

    /// <summary>Whether it names a stream.</summary>
    public bool IsStream => Head == FlightPaths.Streams;

    /// <summary>Whether it names the kept result of a query.</summary>
    public bool IsQuery => Head == FlightPaths.Queries;

    /// <summary>The descriptor with this path.</summary>
    public FlightDescriptor Descriptor => FlightDescriptor.ForPath(Parts);

    private string Head { get; }

    private string[] Parts => [Head, Name, .. From is null ? (string[])[] : [From], .. To is null ? (string[])[] : [To]];

    public static FlightPath OfNode(RunId run, string node) => new(run.Value, node);

    public static FlightPath OfUpload(string name) => new(FlightPaths.Uploads, name);

    public static FlightPath OfQuery(string id) => new(FlightPaths.Queries, id);

    public static FlightPath OfStream(string name, string? from = null, string? to = null) => new(FlightPaths.Streams, name, from, to);

    public override string ToString() => string.Join('/', Parts);
}

/// <summary>Reads paths.</summary>
internal static class FlightPaths
{
    /// <summary>First part of the path of an upload; no run may have this id.</summary>
    public const string Uploads = "uploads";

    /// <summary>First part of the path of a live stream; no run may have this id.</summary>
    public const string Streams = "streams";

    private const string StreamPrefix = Streams + ".";

    /// <summary>First part of the path of a kept result; no run may have this id.</summary>
    public const string Queries = "queries";

    /// <summary>The path of a descriptor.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it names nothing that can be here.</exception>
    public static FlightPath Parse(FlightDescriptor descriptor) => Parse(descriptor.Path, descriptor.ToString());

    /// <summary>Whether a ticket names a part of a node's output, <c>RUN/NODE/SPANS</c>, which is no path.</summary>
    public static bool IsPartOfNode(string subject) => subject.Split('/') is [not (Uploads or Streams), _, _];

    /// <summary>The path that <see cref="FlightPath.ToString"/> wrote.</summary>
    public static FlightPath Parse(string text) => Parse(text.Split('/'), text);

    private static FlightPath Parse(IReadOnlyList<string>? parts, string text) => parts switch
    {
        [Uploads, var name] when IdText.IsValid(name) => FlightPath.OfUpload(name),
        [Queries, var id] when IdText.IsValid(id) => FlightPath.OfQuery(id),
        [Streams, var name] when IdText.IsValid(name) => FlightPath.OfStream(name),

        // As SQL writes it, so that the table of a job is streams.JOB.TABLE.
        [var one] when one.StartsWith(StreamPrefix, StringComparison.Ordinal) && IdText.IsValid(one.AsSpan(StreamPrefix.Length)) => FlightPath.OfStream(one[StreamPrefix.Length..]),
        [Streams, var name, var from] when IdText.IsValid(name) && IdText.IsValid(from) => FlightPath.OfStream(name, from),
        [Streams, var name, var from, var to] when IdText.IsValid(name) && IdText.IsValid(from) && IdText.IsValid(to) => FlightPath.OfStream(name, from, to),
        [var run, var node] when run is not (Uploads or Streams or Queries) && IdText.IsValid(run) && IdText.IsValid(node) => FlightPath.OfNode(new RunId(run), node),
        _ => throw new FlowException(
            FlowErrorCode.BadInput,
            $"Flight '{text}' is neither [RUN, NODE] nor [{Uploads}, NAME] nor [{Streams}, NAME, FROM, TO] nor [{StreamPrefix}NAME]: send a PATH of such parts, each 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit."),
    };
}

using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>What descriptors and tickets name: <c>RUN/NODE</c> or <c>uploads/NAME</c>.</summary>
internal readonly record struct FlightPath
{
    private FlightPath(RunId run, string name)
    {
        Run = run;
        Name = name;
    }

    /// <summary>The run; default for an upload.</summary>
    public RunId Run { get; }

    /// <summary>The node, or the upload's name.</summary>
    public string Name { get; }

    /// <summary>Whether it names an upload.</summary>
    public bool IsUpload => Run.IsDefault;

    /// <summary>The descriptor with this path.</summary>
    public FlightDescriptor Descriptor => FlightDescriptor.ForPath(IsUpload ? FlightPaths.Uploads : Run.Value, Name);

    public static FlightPath OfNode(RunId run, string node) => new(run, node);

    public static FlightPath OfUpload(string name) => new(default, name);

    public override string ToString() => $"{(IsUpload ? FlightPaths.Uploads : Run.Value)}/{Name}";
}

/// <summary>Reads paths.</summary>
internal static class FlightPaths
{
    /// <summary>First part of the path of an upload; no run may have this id.</summary>
    public const string Uploads = "uploads";

    /// <summary>The path of a descriptor.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it names nothing that can be here.</exception>
    public static FlightPath Parse(FlightDescriptor descriptor) => Parse(descriptor.Path, descriptor.ToString());

    /// <summary>The path that <see cref="FlightPath.ToString"/> wrote.</summary>
    public static FlightPath Parse(string text) => Parse(text.Split('/'), text);

    private static FlightPath Parse(IReadOnlyList<string>? parts, string text) => parts switch
    {
        [Uploads, var name] when IdText.IsValid(name) => FlightPath.OfUpload(name),
        [var run, var node] when run != Uploads && IdText.IsValid(run) && IdText.IsValid(node) => FlightPath.OfNode(new RunId(run), node),
        _ => throw new FlowException(
            FlowErrorCode.BadInput,
            $"Flight '{text}' is neither [RUN, NODE] nor [{Uploads}, NAME]: send a PATH of two parts, each 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit."),
    };
}

using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>The body of a function whose types are known when it runs. It has to write every row, and to decide by itself what NULL among the arguments gives.</summary>
/// <param name="call">Arguments and the place of the results, valid during the call.</param>
public delegate void FunctionBody(FunctionCall call);

/// <summary>One call of the engine: arguments and the place of the results, in the engine's own memory.</summary>
public readonly ref struct FunctionCall
{
    private readonly nint _input;
    private readonly nint _output;
    private readonly FunctionOptions _options;

    internal FunctionCall(nint input, nint output, FunctionOptions options)
    {
        (_input, _output, _options) = (input, output, options);
        RowCount = (int)DuckDb.DataChunkSize(input);
    }

    /// <summary>Rows, 1 to 2,048.</summary>
    public int RowCount { get; }

    /// <summary>How many arguments a row has.</summary>
    public int ArgumentCount => (int)DuckDb.DataChunkColumnCount(_input);

    /// <summary>The arguments of a parameter.</summary>
    /// <param name="index">0-based place of the parameter.</param>
    /// <typeparam name="T">The type that the parameter was declared with, or the one of it that may be null. Another one reads memory that is something else.</typeparam>
    public EngineColumn<T> Argument<T>(int index) => new(DuckDb.DataChunkVector(_input, (ulong)index), RowCount, _options);

    /// <summary>Where results go.</summary>
    /// <typeparam name="T">The type that the result was declared with, or the one of it that may be null.</typeparam>
    public EngineColumnWriter<T> Results<T>() => new(_output, 0, RowCount, _options);
}

namespace OrleansFlow.Engine.Functions;

/// <summary>Makes table functions.</summary>
public abstract partial class EngineFunction
{
    /// <summary>A table function: <c>SELECT * FROM name(1, 'x', limit := 3)</c>. Its rows are streamed as Arrow batches; a scan is read by one thread.</summary>
    /// <param name="name">Its name. There are no overloads.</param>
    /// <param name="parameters">Those at their places in order, and those with names.</param>
    /// <param name="bind">
    /// Called when a statement is planned, possibly several times, with the arguments, which are constants: says the columns and how rows are read. It must be quick.
    /// </param>
    /// <exception cref="ArgumentException">Two parameters have the same name.</exception>
    public static EngineFunction Table(string name, IReadOnlyList<EngineParameter> parameters, Func<TableArguments, TableRows> bind)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(bind);
        return new TableFunction(name, parameters, bind, null);
    }
}

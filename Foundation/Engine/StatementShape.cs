using OrleansFlow.Arrow;

namespace OrleansFlow.Engine;

/// <summary>What is known of a prepared statement before it runs.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Result">Columns of its rows; null where they depend on the values of parameters, or there are none.</param>
/// <param name="Parameters">Its parameters in order, named as the statement names them; of type null where the engine cannot tell.</param>
public sealed record StatementShape(StatementKind Kind, ArrowSchema? Result, ArrowSchema Parameters);

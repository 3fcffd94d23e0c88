namespace Orleans.Embedded;

/// <summary>Stateless workers live in the caller's silo, several a grain.</summary>
internal sealed class StatelessWorkerPlacement : PlacementStrategy
{
    public static readonly StatelessWorkerPlacement Instance = new();

    public override bool IsUsingGrainDirectory => false;
}

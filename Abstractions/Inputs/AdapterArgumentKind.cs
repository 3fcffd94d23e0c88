namespace OrleansFlow.Inputs;

/// <summary>What an argument of an input adapter may be. Numbers travel.</summary>
public enum AdapterArgumentKind
{
    /// <summary>A text that is not empty.</summary>
    Text = 1,

    /// <summary>A list of texts, none of them empty.</summary>
    TextList = 2,

    /// <summary>A whole number.</summary>
    WholeNumber = 3,

    /// <summary>A number.</summary>
    Number = 4,

    /// <summary>True or false.</summary>
    Boolean = 5,

    /// <summary>A JSON object.</summary>
    JsonObject = 6,

    /// <summary>The id of a parent of the node.</summary>
    Parent = 7,

    /// <summary>A list of ids of parents of the node, none twice.</summary>
    ParentList = 8,

    /// <summary>Any JSON value but null.</summary>
    Any = 9,
}
